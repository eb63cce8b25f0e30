/** How a process or workload comes by its SVID: attested, kept on disk, renewed; and the bundles. */
@NullMarked
package dev.meshctl.runtime.attest;

import org.jspecify.annotations.NullMarked;
