/** The intent of users: resources as durable files, and the audit log of what changed them. */
@NullMarked
package dev.meshctl.control.store;

import org.jspecify.annotations.NullMarked;
