package dev.zerohop.server;

import static java.util.Objects.requireNonNull;

import dev.zerohop.LoadReport;
import dev.zerohop.Log;
import dev.zerohop.Time;
import dev.zerohop.report.LoadReports;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;

/**
 * Measures the load of this server for reports to its clients: requests and errors a second, requests under way and how long they take, the CPUs, and what the application states. One for a process,
 * however many servers it runs; or one for each server, if they have different work to do.
 *
 * <p>Thread-safe. Has no thread: at most once a second, a request that finds the numbers old takes new ones, for which it reads the clock, the JDK's CPU load and the
 * application's suppliers. All rates are moving averages over about five seconds, so that utilization and rate speak of the same time.
 */
public final class LoadReporter {
    /** The name of the requests under way in {@link LoadReport#namedMetrics}, without the one that brings the report. */
    public static final String REQUESTS_IN_FLIGHT = "requests_in_flight";

    /**
     * The name of the latency in {@link LoadReport#namedMetrics}: how long a request that comes now will take, in milliseconds, as Prequal (NSDI 2024) has it, the median of recent ones that came while about
     * as many others were under way. Only in reports apart from requests ({@link #report()}); not stated while no request has ended for 5 seconds. One that failed, or that its caller gave up, counts only if it
     * took longer than the estimate before.
     */
    public static final String LATENCY = "latency_ms";

    private static final Log LOG = Log.of(LoadReporter.class);
    private static final long PERIOD_NANOS = Duration.ofSeconds(1).toNanos();
    private static final double DECAY_NANOS = Duration.ofSeconds(5).toNanos();

    private final Time time;
    private final DoubleSupplier cpu;
    private final DoubleSupplier application;
    private final Map<String, DoubleSupplier> named;

    private final LongAdder answered = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final AtomicInteger inFlight = new AtomicInteger();
    private final LatencyEstimate latency;
    private final AtomicBoolean sampling = new AtomicBoolean();
    private final AtomicBoolean faulted = new AtomicBoolean();

    private volatile Sample sample;

    /** What was measured last, and the counts at that moment. */
    private record Sample(
            long atNanos, long answered, long failed, boolean measured, double cpu, double rate, double errors) {}

    private LoadReporter(Builder builder) {
        this.time = builder.time;
        this.cpu = builder.cpu;
        this.application = builder.application;
        this.named = Map.copyOf(builder.named);
        this.sample = new Sample(time.nanoTime(), 0, 0, false, 0, 0, 0);
        this.latency = new LatencyEstimate(sample.atNanos);
    }

    /** A reporter of rates, requests under way and the CPUs. */
    public static LoadReporter create() {
        return builder().build();
    }

    /** Begins with {@link #create}. */
    public static Builder builder() {
        return new Builder();
    }

    /** Notes that a request has come. The caller must {@linkplain Request#end end} it, however it goes. */
    public Request begin() {
        return new Request(true);
    }

    /** The same for a stream, whose duration does not show how fast the server is. */
    Request beginStream() {
        return new Request(false);
    }

    Time time() {
        return time;
    }

    /** Requests answered in a second, as reported: under overload fewer than come. */
    public double requestsPerSecond() {
        return sampled().rate;
    }

    /** The report as of now, apart from requests: for probes. With {@link #LATENCY}. */
    public LoadReport report() {
        int underWay = inFlight.get();
        LoadReport.Builder report = reporting(underWay);
        long micros = latency.micros(underWay, time.nanoTime());
        if (micros > 0) {
            report.namedMetric(LATENCY, micros / 1e3);
        }
        return report.build();
    }

    /** The {@link #report()} as the value of the HTTP header {@value LoadReports#HEADER}: for the answer to a probe, which is no {@linkplain #begin request} that counts. */
    public String header() {
        return LoadReports.toHeader(report());
    }

    private LoadReport.Builder reporting(int others) {
        Sample now = sampled();
        LoadReport.Builder report = LoadReport.builder()
                .cpuUtilization(now.cpu)
                .requestsPerSecond(now.rate)
                .errorsPerSecond(now.errors)
                .namedMetric(REQUESTS_IN_FLIGHT, Math.max(0, others))
                .applicationUtilization(asked("the application's utilization", application));
        named.forEach((name, value) -> report.namedMetric(name, asked(name, value)));
        return report;
    }

    /** What a supplier gives; 0, logged once, if that is not a finite number of 0 or more. */
    private double asked(String name, DoubleSupplier supplier) {
        Object given;
        try {
            double value = supplier.getAsDouble();
            if (value >= 0 && value < Double.POSITIVE_INFINITY) {
                return value;
            }
            given = value;
        } catch (RuntimeException | Error thrown) {
            given = thrown;
        }
        if (faulted.compareAndSet(false, true)) {
            LOG.warn(
                    "load report: {} was {}, expected a finite number of 0 or more; reports 0, and logs this once",
                    name,
                    given);
        }
        return 0;
    }

    private Sample sampled() {
        Sample last = sample;
        long now = time.nanoTime();
        if (now - last.atNanos < PERIOD_NANOS || !sampling.compareAndSet(false, true)) {
            return last;
        }
        try {
            if (sample == last) {
                sample = next(last, now);
            }
            return sample;
        } finally {
            sampling.set(false);
        }
    }

    private Sample next(Sample last, long now) {
        double elapsed = now - last.atNanos;
        // The first numbers count whole: there is nothing to average them with.
        double kept = last.measured ? StrictMath.exp(-elapsed / DECAY_NANOS) : 0;
        long requests = answered.sum();
        long errors = failed.sum();
        double perSecond = 1e9 / elapsed * (1 - kept);
        return new Sample(
                now,
                requests,
                errors,
                true,
                cpu(last.cpu, kept),
                last.rate * kept + (requests - last.answered) * perSecond,
                last.errors * kept + (errors - last.failed) * perSecond);
    }

    /** 0 while the utilization is not known: an average with 0 would make a server that cannot measure it look emptier and emptier. */
    private double cpu(double last, double kept) {
        double now = asked("the CPU utilization", cpu);
        return now == 0 || last == 0 ? now : last * kept + now * (1 - kept);
    }

    /** One request under way. Thread-safe. */
    public final class Request {
        private final AtomicBoolean ended = new AtomicBoolean();
        private final boolean timed;
        private final int othersAtArrival;
        private final long arrivalNanos;

        private Request(boolean timed) {
            this.timed = timed;
            this.othersAtArrival = inFlight.getAndIncrement();
            this.arrivalNanos = timed ? time.nanoTime() : 0;
        }

        /** The report to send with the answer: this request is not counted as under way any more. */
        public LoadReport report() {
            return reporting(ended.get() ? inFlight.get() : inFlight.get() - 1).build();
        }

        /** The {@link #report} as the value of the HTTP header {@value LoadReports#HEADER}. */
        public String header() {
            return LoadReports.toHeader(report());
        }

        /** Notes that the caller gave up: the request is no longer under way, and counts neither as answered nor as failed. Without effect after {@link #end}. */
        public void abandon() {
            if (ended.compareAndSet(false, true)) {
                inFlight.decrementAndGet();
                took(true);
            }
        }

        /**
         * Notes that the request is answered, or never will be. Without effect after the first call and after {@link #abandon}.
         *
         * @param failure whether the server failed it: a status of 500 or more, say
         */
        public void end(boolean failure) {
            if (ended.compareAndSet(false, true)) {
                inFlight.decrementAndGet();
                answered.increment();
                if (failure) {
                    failed.increment();
                }
                took(failure);
            }
        }

        private void took(boolean failure) {
            if (!timed) {
                return;
            }
            long now = time.nanoTime();
            if (failure) {
                latency.failed(othersAtArrival, now - arrivalNanos, now);
            } else {
                latency.answered(othersAtArrival, now - arrivalNanos, now);
            }
        }
    }

    /** Builds a {@link LoadReporter}. Not thread-safe. */
    public static final class Builder {
        private Time time = Time.system();
        private DoubleSupplier cpu = CpuUtilization.INSTANCE;
        private DoubleSupplier application = () -> 0;
        private final Map<String, DoubleSupplier> named = new HashMap<>();

        private Builder() {}

        /**
         * Sets what measures how much of what the application can do is in use: 1 is all that it should. Clients prefer it to the CPUs'. Read for each report, so it must be quick. Default: not stated.
         */
        public Builder applicationUtilization(DoubleSupplier utilization) {
            this.application = requireNonNull(utilization, "utilization");
            return this;
        }

        /** Sets what measures which share of the CPUs is in use; read once a second. Default: the JDK's {@code OperatingSystemMXBean}, which goes by the limits of the container. */
        public Builder cpuUtilization(DoubleSupplier utilization) {
            this.cpu = requireNonNull(utilization, "utilization");
            return this;
        }

        /** Adds a number of the application's own, of 0 or more; read for each report, so it must be quick. */
        public Builder namedMetric(String name, DoubleSupplier value) {
            if (requireNonNull(name, "name").isEmpty() || name.equals(REQUESTS_IN_FLIGHT) || name.equals(LATENCY)) {
                throw new IllegalArgumentException("metric was '" + name + "', expected a name other than "
                        + REQUESTS_IN_FLIGHT + " and " + LATENCY);
            }
            named.put(name, requireNonNull(value, "value"));
            return this;
        }

        /** Sets the clock. Default: the system's. */
        public Builder time(Time time) {
            this.time = requireNonNull(time, "time");
            return this;
        }

        /** Builds the reporter. */
        public LoadReporter build() {
            return new LoadReporter(this);
        }
    }
}
