package dev.zerohop;

import dev.zerohop.internal.Durations;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lines of one kind, of which few are logged as they are. From the {@value #LINES}th on within ten seconds they are counted, and one line says how many there were; while more
 * come, such a line follows after twice the time, up to five minutes. Thread-safe; not for the request path.
 */
final class LogBurst {
    private static final int LINES = 10;
    private static final int EXAMPLES = 3;
    private static final long SHORTEST_NANOS = Duration.ofSeconds(10).toNanos();
    private static final long LONGEST_NANOS = Duration.ofMinutes(5).toNanos();

    private enum Level {
        INFO,
        WARN,
        ERROR
    }

    private final Log log;
    private final String name;
    private final String kind;
    private final Time time;

    private int lines;
    private long windowNanos = SHORTEST_NANOS;
    private long windowBeganNanos;
    private final List<String> examples = new ArrayList<>();
    private int counted;
    private Level worst = Level.INFO;
    private @Nullable Cancellable summary;
    private boolean closed;

    /** {@code name} begins each line, {@code kind} says in words what the lines have in common. */
    LogBurst(Log log, String name, String kind, Time time) {
        this.log = log;
        this.name = name;
        this.kind = kind;
        this.time = time;
    }

    void info(Supplier<String> line) {
        if (log.isInfoEnabled()) {
            add(Level.INFO, line);
        }
    }

    void warn(Supplier<String> line) {
        if (log.isWarnEnabled()) {
            add(Level.WARN, line);
        }
    }

    void error(Supplier<String> line) {
        add(Level.ERROR, line);
    }

    private synchronized void add(Level level, Supplier<String> line) {
        long now = time.nanoTime();
        if (summary == null && now - windowBeganNanos >= SHORTEST_NANOS) {
            lines = 0;
        }
        if (lines == 0) {
            windowBeganNanos = now;
        }
        if (lines < LINES) {
            lines++;
            log(level, line.get());
            return;
        }
        counted++;
        worst = level.compareTo(worst) > 0 ? level : worst;
        if (examples.size() < EXAMPLES) {
            examples.add(line.get());
        }
        if (summary == null && !closed) {
            summarizeIn(windowBeganNanos + windowNanos - now);
        }
    }

    private void summarizeIn(long nanos) {
        summary = time.schedule(Math.max(1, nanos), this::summarize);
    }

    private synchronized void summarize() {
        summary = null;
        if (closed) {
            return;
        }
        if (counted == 0) {
            lines = 0;
            windowNanos = SHORTEST_NANOS;
            return;
        }
        sayCounted();
        windowNanos = Math.min(2 * windowNanos, LONGEST_NANOS);
        windowBeganNanos = time.nanoTime();
        summarizeIn(windowNanos);
    }

    private void sayCounted() {
        log(
                worst,
                counted + " more " + kind + " within " + Durations.text(time.nanoTime() - windowBeganNanos)
                        + ", such as: " + String.join("; ", examples));
        counted = 0;
        worst = Level.INFO;
        examples.clear();
    }

    private void log(Level level, String text) {
        switch (level) {
            case INFO -> log.info("{}: {}", name, text);
            case WARN -> log.warn("{}: {}", name, text);
            case ERROR -> log.error("{}: {}", name, text);
        }
    }

    /** What was counted is said; no more lines come later. */
    synchronized void close() {
        closed = true;
        if (summary != null) {
            summary.cancel();
            summary = null;
        }
        if (counted > 0) {
            sayCounted();
        }
    }
}
