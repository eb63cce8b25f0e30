/** The admin API of the proxy: hosting workloads, showing what it has, and making probe calls. */
@NullMarked
package dev.meshctl.proxy.admin;

import org.jspecify.annotations.NullMarked;
