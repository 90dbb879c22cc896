package dev.zerohop.sim;

import dev.zerohop.Endpoint;
import dev.zerohop.LoadReport;
import dev.zerohop.Outcome;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One server process: works on some calls at a time, while others wait in the order in which they came. When its speed changes, so does that of the calls under way.
 */
final class Server {
    /** What becomes of calls that come. */
    enum State {
        UP,
        /** Takes no connection any more, and goes on with the calls that it has. */
        CLOSING,
        /** Gone, and its port with it. */
        DOWN
    }

    final int index;
    final String id;
    final @Nullable String zone;
    final Endpoint endpoint;

    private final Events events;
    private final ServerSpec.Capacity capacity;
    private final @Nullable ServerLoad load;
    private final @Nullable WarmCache cache;
    private final Work work;
    private final ArrayDeque<Attempt> waiting = new ArrayDeque<>();
    private final List<Attempt> hanging = new ArrayList<>();
    private final List<Numbered> faults = new ArrayList<>();
    private final Set<Runnable> connections = new LinkedHashSet<>();
    private final Speed speed;
    private State state = State.UP;
    private boolean announced;
    private int underWay;

    Server(
            int index,
            Endpoint endpoint,
            ServerSpec.Capacity capacity,
            Events events,
            @Nullable ServerLoad load,
            @Nullable WarmCache cache) {
        this.index = index;
        this.id = endpoint.id();
        this.zone = endpoint.zone();
        this.endpoint = endpoint;
        this.capacity = capacity;
        this.load = load;
        this.cache = cache;
        this.events = events;
        ServerSpec.Places places = capacity.places();
        this.work = places.shared() ? new SharedWork(events, places.concurrency()) : new PlacedWork(events);
        this.speed = new Speed(work::speed);
        work.speed(speed.value());
        speed.set(Speed.Part.OWN, capacity.speed());
    }

    Speed speed() {
        return speed;
    }

    ServerSpec.Capacity capacity() {
        return capacity;
    }

    /** Calls that it works on or that wait; those of callers that have given up too, unless it will never answer them. */
    int inFlight() {
        return work.size() + waiting.size() + hanging.size();
    }

    /** An attempt sets out for it. */
    void sent() {
        underWay++;
    }

    /** Attempts on the way to it and at it, whatever it does with them. */
    int underWay() {
        return underWay;
    }

    /** What it reports of its load at this moment, outside of an answer; null where servers report nothing. */
    @Nullable
    LoadReport report() {
        return load == null ? null : load.report();
    }

    /** A fault, and its place among those of the server: chance decides on each by itself. */
    private record Numbered(Fault fault, int number) {}

    void begin(Fault fault, int number) {
        faults.add(new Numbered(fault, number));
        faultsChanged();
    }

    void end(Fault fault, int number) {
        faults.remove(new Numbered(fault, number));
        faultsChanged();
    }

    /** Whether it has no fault now. */
    boolean isWell() {
        return faults.isEmpty();
    }

    private void faultsChanged() {
        double slowest = 1;
        for (Numbered each : faults) {
            slowest = Math.min(slowest, each.fault().speed());
        }
        speed.set(Speed.Part.FAULT, slowest);
    }

    /** Whether it is announced from now on, and not as leaving. */
    void announced(boolean now) {
        announced = now;
    }

    /** Whether new calls are to come to it: it runs and is announced, and not as leaving. */
    boolean isOffered() {
        return announced && state == State.UP;
    }

    boolean isDown() {
        return state == State.DOWN;
    }

    /** A connection that is there, and what happens when it breaks. */
    void connected(Runnable lost) {
        connections.add(lost);
    }

    void disconnected(Runnable lost) {
        connections.remove(lost);
    }

    /** Shuts down in order: new connections are refused, and those that are there close; calls under way go on until {@link #stop}. */
    void close() {
        state = State.CLOSING;
        breakConnections();
    }

    /** Ends at once, with all its calls and connections. */
    void stop() {
        state = State.DOWN;
        List<Attempt> lost = new ArrayList<>();
        work.stop(lost);
        lost.addAll(waiting);
        lost.addAll(hanging);
        waiting.clear();
        hanging.clear();
        for (Attempt attempt : lost) {
            events.cancel(attempt);
            reply(attempt, Outcome.TRANSPORT_FAILURE);
        }
        breakConnections();
    }

    private void breakConnections() {
        List<Runnable> broken = List.copyOf(connections);
        connections.clear();
        broken.forEach(Runnable::run);
    }

    void arrive(Attempt attempt) {
        if (state != State.UP) {
            reply(attempt, Outcome.CONNECT_FAILURE);
            return;
        }
        double left = attempt.leftNanos;
        for (int i = 0; i < faults.size(); i++) {
            Fault fault = faults.get(i).fault();
            if (fault.share() < 1
                    && attempt.chance(((long) index << 32) + faults.get(i).number()) >= fault.share()) {
                continue;
            }
            switch (fault.kind()) {
                case FAIL -> {
                    if (fault.outcome() != Outcome.CONNECT_FAILURE) {
                        received(attempt);
                    }
                    attempt.step = Attempt.Step.FAILING;
                    attempt.outcome = fault.outcome();
                    events.at(events.nowNanos() + fault.afterNanos(), attempt);
                    return;
                }
                case HANG -> {
                    received(attempt);
                    attempt.step = Attempt.Step.HANGING;
                    hanging.add(attempt);
                    return;
                }
                case BREAK -> attempt.outcome = Outcome.TRANSPORT_FAILURE;
                case TAKES -> left = fault.amount();
                case SLOW, PAUSE -> {}
            }
        }
        attempt.leftNanos = left;
        ServerSpec.Places places = capacity.places();
        boolean place = work.size() < places.worked();
        if (!place && waiting.size() >= places.waiting() && places.refuses()) {
            reply(attempt, Outcome.CONNECT_FAILURE);
            return;
        }
        received(attempt);
        if (place) {
            work(attempt);
        } else if (waiting.size() < places.waiting()) {
            attempt.step = Attempt.Step.WAITING;
            waiting.add(attempt);
        } else {
            reply(attempt, Outcome.OVERLOADED);
        }
    }

    /** It has reached the program, whatever becomes of it there. */
    private void received(Attempt attempt) {
        if (load != null) {
            load.begin(attempt);
        }
    }

    private void placesChanged() {
        if (load != null) {
            load.busy(work.busy());
        }
    }

    private void work(Attempt attempt) {
        attempt.step = Attempt.Step.WORKING;
        if (cache != null) {
            attempt.leftNanos += cache.workNanos(attempt);
        }
        work.begin(attempt);
        placesChanged();
    }

    void finish(Attempt attempt) {
        work.end(attempt);
        placesChanged();
        Attempt next = waiting.poll();
        if (next != null) {
            work(next);
        }
        reply(attempt, attempt.outcome);
    }

    void fail(Attempt attempt) {
        reply(attempt, attempt.outcome);
    }

    /** What becomes of a probe. */
    enum Probed {
        WELL,
        /** The program answers it, with a failure. */
        ILL,
        /** There is no connection for it, or it breaks. */
        BROKEN,
        /** Nothing comes back. */
        SILENT
    }

    /** A probe has arrived: it takes no place and no work, and faults meet it as they meet calls. */
    Probed probed(Stream chance) {
        if (state != State.UP) {
            return Probed.BROKEN;
        }
        if (speed.value() == 0) {
            return Probed.SILENT;
        }
        for (Numbered each : faults) {
            Fault fault = each.fault();
            Probed met = switch (fault.kind()) {
                case FAIL -> fault.outcome().isAnswer() ? Probed.ILL : Probed.BROKEN;
                case BREAK -> Probed.BROKEN;
                case HANG -> Probed.SILENT;
                case TAKES, SLOW, PAUSE -> Probed.WELL;
            };
            if (met != Probed.WELL && chance.nextDouble() < fault.share()) {
                return met;
            }
        }
        return Probed.WELL;
    }

    /** Its caller has given up. The server goes on with it, unless it would never end. */
    void abandon(Attempt attempt) {
        if (attempt.step == Attempt.Step.HANGING) {
            hanging.remove(attempt);
            underWay--;
            if (load != null) {
                load.end(attempt, Outcome.TIMEOUT);
            }
            attempt.end();
        }
    }

    private void reply(Attempt attempt, Outcome outcome) {
        underWay--;
        attempt.outcome = outcome;
        if (load != null) {
            load.end(attempt, outcome);
        }
        Client client = attempt.client;
        if (attempt.call == null || client == null) {
            attempt.end();
        } else {
            client.reply(attempt);
        }
    }

    @Override
    public String toString() {
        return id;
    }
}
