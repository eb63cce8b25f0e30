/** What must be right in a cluster before anything is changed there. All is checked and told, not only the first fault. */
@NullMarked
package dev.meshctl.cli.install.kubernetes.precheck;

import org.jspecify.annotations.NullMarked;
