/** What this proxy is told by its control plane, kept on disk, compiled once and handed to the data path. */
@NullMarked
package dev.meshctl.proxy.config;

import org.jspecify.annotations.NullMarked;
