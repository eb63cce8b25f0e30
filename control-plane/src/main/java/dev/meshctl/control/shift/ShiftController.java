package dev.meshctl.control.shift;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import dev.meshctl.api.resource.TrafficShift;
import dev.meshctl.api.resource.TrafficShift.Observed;
import dev.meshctl.api.resource.TrafficShift.Phase;
import dev.meshctl.runtime.daemon.Counters;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/**
 * Carries out every TrafficShift of the store. Each transition is stored, with its line in the journal, before
 * it takes effect, and effects can be repeated; so a controller that starts anew goes on where the last one
 * stopped, in the middle of a step too. While a shift is under way its weights are put back if
 * something else changes them.
 */
public final class ShiftController implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ShiftController.class.getName());
    private static final Duration INTERVAL = Duration.ofSeconds(1);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(5);
    /** Transitions of one shift that one look may make, as begin and apply do. */
    private static final int MAX_TRANSITIONS = 4;
    private static final Observed NOTHING = new Observed(0, 0, Optional.empty(), Optional.empty());

    private final ShiftStore store;
    private final Signals signals;
    private final InstantSource clock;
    private final BooleanSupplier leads;
    private final RouteWrites writes;
    /** Read without waiting for a look, which may wait for an API server. */
    private final Counters counters = new Counters();
    private final CountDownLatch stop = new CountDownLatch(1);
    private Optional<Thread> loop = Optional.empty();

    public ShiftController(ShiftStore store, Signals signals, InstantSource clock) {
        this(store, signals, clock, () -> true);
    }

    /** @param leads false while another replica carries out the shifts; asked before each look */
    public ShiftController(ShiftStore store, Signals signals, InstantSource clock, BooleanSupplier leads) {
        this.store = store;
        this.signals = signals;
        this.clock = clock;
        this.leads = leads;
        this.writes = new RouteWrites(store, this::count);
    }

    /** Looks at all shifts every second, until closed. */
    public synchronized void start() {
        if (loop.isEmpty()) {
            loop = Optional.of(Thread.ofVirtual().name("traffic-shifts").start(this::run));
        }
    }

    private void run() {
        try {
            while (!stop.await(INTERVAL.toMillis(), TimeUnit.MILLISECONDS)) {
                tick();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Looks at all shifts once. A failure of one is counted and logged, and tried again the next time. */
    public synchronized void tick() {
        if (!leads.getAsBoolean()) {
            return;
        }
        try {
            List<TrafficShift> shifts = store.shifts();
            shifts.forEach(this::look);
            writes.keepOnly(shifts.stream().map(TrafficShift::key).collect(Collectors.toSet()));
        } catch (RuntimeException e) {
            count("look_failed");
            LOG.log(WARNING, "the traffic shifts could not be read; trying again", e);
        }
    }

    private void look(TrafficShift shift) {
        try {
            goOn(shift);
        } catch (IOException | RuntimeException e) {
            count("look_failed");
            LOG.log(WARNING, shift.key() + " could not go on; trying again", e);
        }
    }

    private TrafficShift goOn(TrafficShift shift) throws IOException {
        TrafficShift current = shift;
        for (int i = 0; i < MAX_TRANSITIONS; i++) {
            Optional<TrafficShift> next = step(current);
            if (next.isEmpty()) {
                return current;
            }
            current = next.get();
        }
        return current;
    }

    /** Empty: nothing more to do now. */
    private Optional<TrafficShift> step(TrafficShift shift) throws IOException {
        Instant now = clock.instant();
        Transition transition = Transition.of(shift, now);
        return switch (ShiftDecision.decide(shift, observed(shift, now), now)) {
            case ShiftDecision.Wait() -> reassert(shift, transition);
            case ShiftDecision.Begin() -> begin(shift, transition);
            case ShiftDecision.Apply() -> apply(shift, transition);
            case ShiftDecision.Advance(int index, String why, Observed seen) -> save(transition.advance(index, why, seen));
            case ShiftDecision.Complete(String why, Observed seen) -> save(transition.complete(why, seen));
            case ShiftDecision.Hold(String why, boolean limited, Observed seen) -> save(transition.hold(why, limited, seen));
            case ShiftDecision.Revert(String why, Observed seen) -> save(transition.revert(why, seen));
            case ShiftDecision.Follow(int index) -> save(transition.follow(index));
        };
    }

    private Observed observed(TrafficShift shift, Instant now) {
        TrafficShift.Status status = shift.status();
        boolean watched = status.phase() == Phase.PROGRESSING || status.phase() == Phase.HELD;
        if (!watched || status.stepStarted().isEmpty() || shift.spec().gate().isEmpty()) {
            return NOTHING;
        }
        return signals.observe(shift.service(), shift.spec().to(), shift.spec().gate().get().latencyPercentile(),
                status.stepStarted().get(), now);
    }

    private Optional<TrafficShift> begin(TrafficShift shift, Transition transition) throws IOException {
        Optional<TrafficShift> other = underWayBeside(shift);
        if (other.isPresent()) {
            String reason = "waits for " + other.get().key() + ", which shifts the same service";
            if (!shift.status().reason().equals(reason)) {
                save(transition.because("Waiting", reason));
            }
            return Optional.empty();
        }
        return switch (writes.plan(shift, shift.spec().steps().getFirst())) {
            case RouteWeights.Plan.Impossible(String reason) -> save(transition.fail(Failure.NOTHING_TO_SHIFT, reason));
            case RouteWeights.Plan.Write _ -> save(transition.begin());
        };
    }

    private Optional<TrafficShift> underWayBeside(TrafficShift shift) {
        return store.shifts().stream()
                .filter(s -> s.service().equals(shift.service()) && !s.key().equals(shift.key()))
                .filter(s -> !s.status().phase().ended() && s.status().weight() > 0)
                .findFirst();
    }

    private Optional<TrafficShift> apply(TrafficShift shift, Transition transition) throws IOException {
        return switch (writes.write(shift)) {
            case RouteWrites.Result.Done() -> save(transition.applied());
            case RouteWrites.Result.Again() -> Optional.empty();
            case RouteWrites.Result.Failed(Failure failure, String reason) -> failed(shift, transition, failure, reason);
        };
    }

    /** A revert is not given up: it goes on to be tried, and its reason says what is in the way. */
    private Optional<TrafficShift> failed(TrafficShift shift, Transition transition, Failure failure, String reason) throws IOException {
        if (shift.status().phase() != Phase.REVERTED || failure == Failure.NOTHING_TO_SHIFT) {
            return save(transition.fail(failure, reason));
        }
        if (!shift.status().reason().contains(reason)) {
            save(transition.notYet(failure, reason));
        }
        return Optional.empty();
    }

    /** Puts the weights back while the shift is under way, and afterwards the rules that it took over. */
    private Optional<TrafficShift> reassert(TrafficShift shift, Transition transition) throws IOException {
        TrafficShift.Status status = shift.status();
        if (status.phase().ended() && underWayBeside(shift).isEmpty()) {
            writes.putBack(shift, clock.instant());
            return Optional.empty();
        }
        writes.startOver(shift.key());
        if (status.phase().ended()) {
            return Optional.empty();
        }
        return status.applied() && status.weight() > 0
                && writes.reassert(shift) instanceof RouteWrites.Result.Failed(Failure failure, String reason)
                ? save(transition.fail(failure, reason)) : Optional.empty();
    }

    private Optional<TrafficShift> save(TrafficShift shift) throws IOException {
        Optional<TrafficShift> stored = store.update(shift);
        if (stored.isEmpty()) {
            count("shift_changed_meanwhile");
            return stored;
        }
        TrafficShift.Status status = stored.get().status();
        count(status.phase().name().toLowerCase(Locale.ROOT));
        LOG.log(INFO, "{0}: {1}, {2} % to {3}{4}: {5}", shift.key(), status.phase(), status.weight(), shift.spec().to(),
                status.applied() ? "" : " (next)", status.reason());
        return stored;
    }

    /**
     * Does what a user asks for, and returns the shift after it has taken effect.
     *
     * @throws ShiftRefused if there is no such shift, or its phase does not allow the action
     * @throws IOException if nothing could be written
     */
    public synchronized TrafficShift control(String namespace, String name, ShiftAction action)
            throws ShiftRefused, IOException {
        TrafficShift shift = store.shifts().stream()
                .filter(s -> s.metadata().namespace().equals(namespace) && s.metadata().name().equals(name))
                .findFirst()
                .orElseThrow(() -> new ShiftRefused(ShiftRefused.Cause.NOT_FOUND,
                        "there is no TrafficShift %s/%s; \"meshctl traffic status\" lists them".formatted(namespace, name)));
        Phase phase = shift.status().phase();
        boolean allowed = switch (action) {
            case PAUSE -> !phase.ended() && phase != Phase.PAUSED;
            case RESUME -> phase == Phase.PAUSED || phase == Phase.HELD || phase == Phase.FAILED;
            case ROLLBACK -> phase != Phase.REVERTED;
        };
        if (!allowed) {
            throw new ShiftRefused(ShiftRefused.Cause.WRONG_PHASE,
                    "%s is %s and cannot be %s".formatted(shift.key(), word(phase), action.participle()));
        }
        writes.forget(shift.key());
        Transition transition = Transition.of(shift, clock.instant());
        TrafficShift changed = save(switch (action) {
            case PAUSE -> transition.pause();
            case RESUME -> transition.resume();
            case ROLLBACK -> transition.rollback();
        }).orElseThrow(() -> new ShiftRefused(ShiftRefused.Cause.CHANGED, shift.key() + " has changed meanwhile; try again"));
        return goOn(changed);
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private void count(String cause) {
        counters.increment(cause);
    }

    /** Transitions by phase, and failures by cause, since the start. */
    public Map<String, Long> counters() {
        return counters.snapshot();
    }

    /** Stops looking; what is stored goes on with the next controller. Waits up to 5 s. */
    @Override
    public void close() {
        stop.countDown();
        Optional<Thread> running;
        synchronized (this) {
            running = loop;
        }
        try {
            if (running.isPresent() && !running.get().join(STOP_TIMEOUT)) {
                LOG.log(WARNING, "the loop of the traffic shifts did not stop within {0}", STOP_TIMEOUT);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
