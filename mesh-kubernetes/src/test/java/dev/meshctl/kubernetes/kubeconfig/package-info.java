/** Tests of kubeconfigs. */
@NullMarked
package dev.meshctl.kubernetes.kubeconfig;

import org.jspecify.annotations.NullMarked;
