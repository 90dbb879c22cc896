package dev.zerohop.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A steady stream of calls in the background, each recorded. Open loop: a slow answer does not slow the stream. */
public final class DemoTraffic implements AutoCloseable {
    public static final int CALLS_PER_SECOND = 200;
    private static final long GAP_NANOS = TimeUnit.SECONDS.toNanos(1) / CALLS_PER_SECOND;
    private static final long QUICK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final String name;
    private final Caller caller;
    private final LoadPlan.Keys keys;
    private final Thread sender;
    private final AtomicInteger running = new AtomicInteger();
    private final List<Sample> samples = new ArrayList<>();
    private volatile boolean closed;

    /**
     * One call.
     *
     * @param number of the call in its stream, from 0
     * @param atNanos when it ended
     */
    public record Sample(long number, long atNanos, CallResult result, long latencyNanos) {}

    /** The calls that ended between two instants. */
    public record Window(List<Sample> samples, double seconds) {
        public int calls() {
            return samples.size();
        }

        public long failed() {
            return samples.stream()
                    .filter(sample -> sample.result().error() != null)
                    .count();
        }

        /** Share of the calls that this server answered, in percent, errors included. */
        public double share(String server) {
            return calls() == 0 ? 0 : 100.0 * answeredBy(server) / calls();
        }

        /** How many calls this server answered without an error. */
        long answeredWell(String server) {
            return samples.stream()
                    .filter(sample -> sample.result().error() == null
                            && server.equals(sample.result().server()))
                    .count();
        }

        private long answeredBy(String server) {
            return samples.stream()
                    .filter(sample -> server.equals(sample.result().server()))
                    .count();
        }

        /** A percentile of the latency in milliseconds; 0 if there were no calls. */
        public double latencyMillis(double percent) {
            Histogram histogram = new Histogram();
            samples.forEach(sample -> histogram.record(sample.latencyNanos()));
            return histogram.percentileMillis(percent);
        }

        public Map<String, Long> byServer() {
            Map<String, Long> counts = new TreeMap<>();
            for (Sample sample : samples) {
                String server = sample.result().server();
                counts.merge(server == null ? "(none)" : server, 1L, Long::sum);
            }
            return counts;
        }
    }

    private DemoTraffic(String name, Caller caller, LoadPlan.Keys keys) {
        this.name = name;
        this.caller = caller;
        this.keys = keys;
        this.sender = new Thread(this::send, "zerohop-demo-" + name);
        sender.setDaemon(true);
    }

    /** Waits until the caller is ready and begins. The caller is closed with the stream. */
    static DemoTraffic start(String name, Caller caller, LoadPlan.Keys keys) throws InterruptedException {
        caller.awaitReady(PATIENCE_NANOS);
        // The first call of a process loads classes, which takes longer than everything else here.
        CountDownLatch warm = new CountDownLatch(1);
        caller.call(keys.key(0), result -> warm.countDown());
        warm.await(PATIENCE_NANOS, TimeUnit.NANOSECONDS);
        DemoTraffic traffic = new DemoTraffic(name, caller, keys);
        traffic.sender.start();
        return traffic;
    }

    public String name() {
        return name;
    }

    private void send() {
        long start = System.nanoTime();
        for (long i = 0; !closed; i++) {
            long wait = start + i * GAP_NANOS - System.nanoTime();
            if (wait > 0) {
                LockSupport.parkNanos(wait);
            }
            long number = i;
            long begin = System.nanoTime();
            running.incrementAndGet();
            caller.call(keys.key(number), result -> {
                long now = System.nanoTime();
                synchronized (samples) {
                    samples.add(new Sample(number, now, result, now - begin));
                }
                running.decrementAndGet();
            });
        }
    }

    /** Whether there were a hundred calls and the last hundred were answered quickly. */
    boolean keepsUp() {
        synchronized (samples) {
            int size = samples.size();
            return size >= 200
                    && samples.subList(size - 100, size).stream().allMatch(each -> each.latencyNanos() < QUICK_NANOS);
        }
    }

    /** The calls that ended in this time. */
    public Window between(long fromNanos, long toNanos) {
        return new Window(
                matching(sample -> sample.atNanos() - fromNanos >= 0 && sample.atNanos() - toNanos < 0),
                (toNanos - fromNanos) / 1e9);
    }

    private List<Sample> matching(Predicate<Sample> wanted) {
        synchronized (samples) {
            return samples.stream().filter(wanted).toList();
        }
    }

    /** Seconds from {@code fromNanos} to the first answer of this server after it, or null if there was none. */
    public @Nullable Double firstAnswer(String server, long fromNanos) {
        return matching(sample -> sample.atNanos() - fromNanos >= 0
                        && server.equals(sample.result().server()))
                .stream()
                .map(sample -> (sample.atNanos() - fromNanos) / 1e9)
                .min(Double::compare)
                .orElse(null);
    }

    /** The servers that answered each key, for a stream that walks {@code keyCount} keys. */
    public Map<Long, Set<String>> serversByKey(int keyCount) {
        Map<Long, Set<String>> servers = new TreeMap<>();
        for (Sample sample : matching(each -> each.result().server() != null)) {
            servers.computeIfAbsent(sample.number() % keyCount, key -> new TreeSet<>())
                    .add(String.valueOf(sample.result().server()));
        }
        return servers;
    }

    /** Begins no more calls; those under way continue. */
    void stop() {
        closed = true;
    }

    /** Ends the stream and waits a short time for the calls under way. */
    @Override
    public void close() {
        closed = true;
        try {
            sender.join();
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
            while (running.get() > 0 && System.nanoTime() - end < 0) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        caller.close();
    }
}
