/** Proxies as an operator names and asks them, on local clusters and on Kubernetes alike. */
@NullMarked
package dev.meshctl.cli.proxy;

import org.jspecify.annotations.NullMarked;
