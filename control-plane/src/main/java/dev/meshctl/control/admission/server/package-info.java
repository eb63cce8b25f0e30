/** The webhooks as an HTTPS server, and the certificates by which an API server knows it. */
@NullMarked
package dev.meshctl.control.admission.server;

import org.jspecify.annotations.NullMarked;
