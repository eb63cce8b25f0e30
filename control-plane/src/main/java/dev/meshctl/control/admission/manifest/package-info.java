/** Injection of manifests in files, for those who render in Git. */
@NullMarked
package dev.meshctl.control.admission.manifest;

import org.jspecify.annotations.NullMarked;
