/** Which endpoint a request goes to. */
@NullMarked
package dev.meshctl.proxy.balance;

import org.jspecify.annotations.NullMarked;
