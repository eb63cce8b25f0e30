/** User intent compiled to what proxies are told: routes, traffic policies, access; and what is wrong with it. */
@NullMarked
package dev.meshctl.control.policy;

import org.jspecify.annotations.NullMarked;
