/** Which of several replicas does what only one may do. */
@NullMarked
package dev.meshctl.kubernetes.election;

import org.jspecify.annotations.NullMarked;
