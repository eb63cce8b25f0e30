package dev.meshctl.cli.platform.local;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** Where a supervisor's daemons come from: processes of this machine, or in tests what stands for them. */
interface Daemons {
    /** Starts the daemon of a component. */
    Child start(Component component) throws IOException;

    /** The daemon that was started earlier, maybe by another supervisor; empty if it does not run any more. */
    Optional<Child> find(OwnedProcess known);

    /** A daemon that has been started. */
    interface Child {
        /** By what another supervisor finds it again. */
        OwnedProcess identity();

        boolean isAlive();

        /** Waits for its end, for at most this long. */
        void await(Duration limit) throws InterruptedException;

        /** Asks it to end, and after the grace ends it. */
        void stop(Duration grace) throws InterruptedException;

        /** How it ended, in words; only known of one that this supervisor started. */
        String exit();
    }

    /** The supervisor's time. */
    interface Pace {
        /** As {@link System#nanoTime}. */
        long nanos();

        void pause(Duration length) throws InterruptedException;

        Pace SYSTEM = new Pace() {
            @Override
            public long nanos() {
                return System.nanoTime();
            }

            @Override
            public void pause(Duration length) throws InterruptedException {
                Thread.sleep(length);
            }
        };
    }
}
