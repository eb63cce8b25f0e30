/** The east-west port: reads the TLS server name without decryption and relays to where it belongs. */
@NullMarked
package dev.meshctl.gateway.relay;

import org.jspecify.annotations.NullMarked;
