/**
 * Adds the proxy to pods and takes it out again: pure functions on JSON trees, so that fields nobody here
 * knows of are kept. The webhook and the offline commands run the same code.
 */
@NullMarked
package dev.meshctl.control.admission.inject;

import org.jspecify.annotations.NullMarked;
