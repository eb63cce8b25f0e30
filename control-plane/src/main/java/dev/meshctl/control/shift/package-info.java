/** Carries out TrafficShifts: a pure decision for each state, and effects that can be repeated. */
@NullMarked
package dev.meshctl.control.shift;

import org.jspecify.annotations.NullMarked;
