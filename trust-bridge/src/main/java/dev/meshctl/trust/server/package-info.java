/** The signing and admin APIs, over mTLS and over the owner's Unix socket. */
@NullMarked
package dev.meshctl.trust.server;

import org.jspecify.annotations.NullMarked;
