/** What each daemon needs: its configuration, start and stop, logs, counters, metrics. */
@NullMarked
package dev.meshctl.runtime.daemon;

import org.jspecify.annotations.NullMarked;
