package dev.zerohop;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.LocationAwareLogger;

/**
 * zerohop's logger, which makes texts from outside printable before SLF4J gets them. Arguments and throwables are logged in their {@linkplain Printable
 * printable} form, whatever wrote them: no place that logs has to know what comes from outside. Messages have SLF4J's placeholders; a throwable that is
 * the last argument is logged with its stack trace. What is logged is all that changes: a throwable itself stays as it is. Thread-safe.
 */
public final class Log {
    private static final String CALLED = Log.class.getName();

    private final Logger logger;

    Log(Logger logger) {
        this.logger = logger;
    }

    /** The log of a class, under its name. */
    public static Log of(Class<?> type) {
        return new Log(LoggerFactory.getLogger(type));
    }

    /** Logs at this level. */
    public void error(String message, @Nullable Object... arguments) {
        log(Level.ERROR, message, arguments);
    }

    /** Logs at this level. */
    public void warn(String message, @Nullable Object... arguments) {
        log(Level.WARN, message, arguments);
    }

    /** Logs at this level. */
    public void info(String message, @Nullable Object... arguments) {
        log(Level.INFO, message, arguments);
    }

    /** Logs at this level. */
    public void debug(String message, @Nullable Object... arguments) {
        log(Level.DEBUG, message, arguments);
    }

    private void log(Level level, String message, @Nullable Object[] arguments) {
        if (!isEnabled(level)) {
            return;
        }
        @Nullable Object[] shown = new Object[arguments.length];
        for (int i = 0; i < shown.length; i++) {
            shown[i] = printable(arguments[i]);
        }
        int last = shown.length - 1;
        Throwable thrown = last >= 0 && arguments[last] instanceof Throwable given ? PrintableCause.of(given) : null;
        if (thrown != null) {
            shown[last] = thrown;
        }
        if (logger instanceof LocationAwareLogger aware) {
            // So that a layout with the caller's class and line names the caller and not this class.
            aware.log(
                    null, CALLED, level.toInt(), message, thrown == null ? shown : Arrays.copyOf(shown, last), thrown);
            return;
        }
        // What SLF4J 1.7 has too: an application may bring it.
        switch (level) {
            case ERROR -> logger.error(message, shown);
            case WARN -> logger.warn(message, shown);
            case INFO -> logger.info(message, shown);
            default -> logger.debug(message, shown);
        }
    }

    boolean isInfoEnabled() {
        return logger.isInfoEnabled();
    }

    boolean isWarnEnabled() {
        return logger.isWarnEnabled();
    }

    private boolean isEnabled(Level level) {
        return switch (level) {
            case ERROR -> logger.isErrorEnabled();
            case WARN -> logger.isWarnEnabled();
            case INFO -> logger.isInfoEnabled();
            default -> logger.isDebugEnabled();
        };
    }

    private static @Nullable Object printable(@Nullable Object argument) {
        if (argument == null || argument instanceof Number || argument instanceof Boolean) {
            return argument;
        }
        return Printable.text(ForeignFaults.nameOf(argument));
    }
}
