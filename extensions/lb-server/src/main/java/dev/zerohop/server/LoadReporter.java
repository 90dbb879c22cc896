package dev.zerohop.server;

import static java.util.Objects.requireNonNull;

import dev.zerohop.LoadReport;
import dev.zerohop.Log;
import dev.zerohop.Time;
import dev.zerohop.report.LoadReports;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;

/**
 * Measures the load of this server for reports to its clients: requests and errors a second, requests under way, the CPUs, and what the application says of itself. One for a process,
 * whatever number of servers it runs; or one for each, if they have different work to do.
 *
 * <p>Thread-safe. Has no thread: once a second at most, the request that finds the numbers old takes new ones, for which it reads the clock, the JDK's CPU load and the
 * application's suppliers. All rates are moving averages over about five seconds, so that utilization and rate speak of the same time.
 */
public final class LoadReporter {
    /** The name of the requests under way in {@link LoadReport#namedMetrics}, without the one that brings the report. */
    public static final String REQUESTS_IN_FLIGHT = "requests_in_flight";

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
    }

    /** A reporter of rates, requests under way and the CPUs. */
    public static LoadReporter create() {
        return builder().build();
    }

    /** Begins with {@link #create}. */
    public static Builder builder() {
        return new Builder();
    }

    /** A request has come. It must be {@linkplain Request#end ended}, whatever becomes of it. */
    public Request begin() {
        inFlight.incrementAndGet();
        return new Request();
    }

    /** Requests answered in a second, as reported: under overload fewer than come. */
    public double requestsPerSecond() {
        return sampled().rate;
    }

    /** The report as of now, outside of a request. */
    public LoadReport report() {
        return report(inFlight.get());
    }

    private LoadReport report(int others) {
        Sample now = sampled();
        LoadReport.Builder report = LoadReport.builder()
                .cpuUtilization(now.cpu)
                .requestsPerSecond(now.rate)
                .errorsPerSecond(now.errors)
                .namedMetric(REQUESTS_IN_FLIGHT, Math.max(0, others))
                .applicationUtilization(asked("the application's utilization", application));
        named.forEach((name, value) -> report.namedMetric(name, asked(name, value)));
        return report.build();
    }

    /** What a supplier says; nothing of what is no load. */
    private double asked(String name, DoubleSupplier supplier) {
        Object said;
        try {
            double value = supplier.getAsDouble();
            if (value >= 0 && value < Double.POSITIVE_INFINITY) {
                return value;
            }
            said = value;
        } catch (RuntimeException | Error thrown) {
            said = thrown;
        }
        if (faulted.compareAndSet(false, true)) {
            LOG.warn(
                    "load report: {} was {}, expected a finite number of 0 or more; 0 is reported, this is said once",
                    name,
                    said);
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

    /** 0 while it is not known: an average with that would make a server whose measuring has failed look ever emptier. */
    private double cpu(double last, double kept) {
        double now = asked("the CPU utilization", cpu);
        return now == 0 || last == 0 ? now : last * kept + now * (1 - kept);
    }

    /** One request under way. Thread-safe. */
    public final class Request {
        private final AtomicBoolean ended = new AtomicBoolean();

        private Request() {}

        /** The report to send with the answer: this request is not counted as under way any more. */
        public LoadReport report() {
            return LoadReporter.this.report(ended.get() ? inFlight.get() : inFlight.get() - 1);
        }

        /** The {@link #report} as the value of the HTTP header {@value LoadReports#HEADER}. */
        public String header() {
            return LoadReports.toHeader(report());
        }

        /** The caller gave up: the request is under way no more, and is neither answered nor failed. After {@link #end} nothing happens. */
        public void abandon() {
            if (ended.compareAndSet(false, true)) {
                inFlight.decrementAndGet();
            }
        }

        /**
         * The request is answered, or will never be. The first call counts.
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
            }
        }
    }

    /** Builds a {@link LoadReporter}. Not thread-safe. */
    public static final class Builder {
        private Time time = Time.system();
        private DoubleSupplier cpu = CpuUtilization.INSTANCE;
        private DoubleSupplier application = () -> 0;
        private final Map<String, DoubleSupplier> named = new LinkedHashMap<>();

        private Builder() {}

        /**
         * Sets what says how much of what the application can do is in use: 1 is all that it should. Clients prefer it to the CPUs'. Asked for each report, so it must be quick. Default: not stated.
         */
        public Builder applicationUtilization(DoubleSupplier utilization) {
            this.application = requireNonNull(utilization, "utilization");
            return this;
        }

        /** Sets what says which share of the CPUs is in use; asked once a second. Default: the JDK's {@code OperatingSystemMXBean}, which knows the limits of the container. */
        public Builder cpuUtilization(DoubleSupplier utilization) {
            this.cpu = requireNonNull(utilization, "utilization");
            return this;
        }

        /** Adds a number of the application's own, of 0 or more; asked for each report, so it must be quick. */
        public Builder namedMetric(String name, DoubleSupplier value) {
            if (requireNonNull(name, "name").isEmpty() || name.equals(REQUESTS_IN_FLIGHT)) {
                throw new IllegalArgumentException(
                        "metric was '" + name + "', expected a name other than " + REQUESTS_IN_FLIGHT);
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
