/** Kubeconfigs as kubectl reads them: several files merged, contexts, credentials of plugins. */
@NullMarked
package dev.meshctl.kubernetes.kubeconfig;

import org.jspecify.annotations.NullMarked;
