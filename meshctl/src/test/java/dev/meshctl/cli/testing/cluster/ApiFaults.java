package dev.meshctl.cli.testing.cluster;

import dev.meshctl.cli.testing.cluster.ApiRequests.Request;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What goes wrong between an API server and who asks it, while it is on: nothing that a real one would not do. What comes
 * when is by chance, of a given seed; who asks first is not, so that a seed gives the same kind of weather and not the same
 * day.
 */
public final class ApiFaults {
    private static final int REMEMBERED = 4000;
    private static final int SLOWEST_MS = 4_000;
    private static final int LONGEST_SILENCE_MS = 8_000;

    /** Who asks. */
    public enum Whom {
        /** Service accounts. */
        PODS,
        /** Users. */
        USERS
    }

    /** What becomes of a request. */
    enum Fault {
        NONE(0),
        /** It is carried out late, perhaps after the one who asked has given up. */
        SLOW_REQUEST(4),
        /** It is carried out at once and answered late. */
        SLOW_ANSWER(5),
        /** It is carried out, and the connection ends without an answer. */
        LOST_ANSWER(4),
        /** It is carried out, and the answer is that it was not within the time. */
        TIMEOUT(1),
        /** The connection ends, and nothing was carried out. */
        LOST_REQUEST(2),
        ERROR(3),
        UNAVAILABLE(3),
        THROTTLED(3),
        /** Somebody else has changed the object in between. */
        OVERTAKEN(2);

        private final int percent;

        Fault(int percent) {
            this.percent = percent;
        }
    }

    /** What becomes of a watch for a while. */
    enum WatchFault { NONE, CUT, SILENT, GONE }

    private final SplittableRandom random;
    private final Map<Whom, Boolean> on = new ConcurrentHashMap<>(new EnumMap<>(Whom.class));
    private final ArrayDeque<String> happened = new ArrayDeque<>();

    ApiFaults(long seed) {
        random = new SplittableRandom(seed);
    }

    /** They begin or end; what is slow or silent at the end stays so until its time is over. */
    public void on(Whom whom, boolean begin) {
        on.put(whom, begin);
    }

    private boolean isOn(Whom whom) {
        return on.getOrDefault(whom, false);
    }

    synchronized Fault of(Whom whom, Request request) {
        if (!isOn(whom)) {
            return Fault.NONE;
        }
        int dice = random.nextInt(100);
        for (Fault fault : Fault.values()) {
            dice -= fault.percent;
            if (dice < 0 && (fault != Fault.OVERTAKEN || List.of("PUT", "PATCH").contains(request.method()))) {
                note(fault + " " + whom + " " + request.method() + " " + request.path());
                return fault;
            }
        }
        return Fault.NONE;
    }

    /** To be asked about once a second and with each change. */
    synchronized WatchFault ofWatch(Whom whom, ResourcePath path) {
        if (!isOn(whom)) {
            return WatchFault.NONE;
        }
        int dice = random.nextInt(100);
        WatchFault fault = dice < 2 ? WatchFault.CUT : dice < 4 ? WatchFault.SILENT : dice < 5 ? WatchFault.GONE : WatchFault.NONE;
        if (fault != WatchFault.NONE) {
            note(fault + " watch " + path.kind());
        }
        return fault;
    }

    synchronized long slowMillis() {
        return random.nextInt(SLOWEST_MS);
    }

    synchronized long silentMillis() {
        return random.nextInt(LONGEST_SILENCE_MS);
    }

    private void note(String what) {
        if (happened.size() == REMEMBERED) {
            happened.removeFirst();
        }
        happened.add(Instant.now() + " " + what);
    }

    /** What has gone wrong, the last of it. */
    public synchronized List<String> happened() {
        return List.copyOf(happened);
    }
}
