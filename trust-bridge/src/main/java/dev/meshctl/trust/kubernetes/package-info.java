/** What a trust bridge on Kubernetes stands on: its CA in a Secret, bundles in ConfigMaps, tokens that the cluster checks. */
@NullMarked
package dev.meshctl.trust.kubernetes;

import org.jspecify.annotations.NullMarked;
