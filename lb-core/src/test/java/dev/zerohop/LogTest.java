package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.helpers.MessageFormatter;
import org.slf4j.spi.LocationAwareLogger;

/** Whatever is given to the log arrives there as one line that steers nothing, stack traces included. */
class LogTest {
    private static final String HOSTILE = "a\u001b]52;c;aGk=\u0007\u009b31m\nINJECTED line\u202e";
    private static final String SHOWN = "a\\u001b]52;c;aGk=\\u0007\\u009b31m INJECTED line\\u202e";

    private final List<String> lines = new ArrayList<>();
    private final List<@Nullable Throwable> thrown = new ArrayList<>();
    private boolean enabled = true;
    private final Log log = new Log(logger(Logger.class));

    @Test
    void argumentsAreWrittenInPrintableForm() {
        log.warn("{}: {} of {}, {}", HOSTILE, 3, new StringBuilder(HOSTILE), null);
        log.error("{}", new Object() {
            @Override
            public String toString() {
                throw new IllegalStateException(HOSTILE);
            }
        });
        log.info("{}", "x".repeat(100_000));
        log.debug("all is well");
        assertThat(lines)
                .containsExactly(
                        "warn " + SHOWN + ": 3 of " + SHOWN + ", null",
                        "error dev.zerohop.LogTest$1",
                        "info " + "x".repeat(Printable.MAX_TEXT) + "...",
                        "debug all is well");
    }

    @Test
    void aThrowableThatIsCleanIsLoggedAsItIs() {
        Exception clean = new IllegalStateException("the step failed", new IOException("connection reset"));
        clean.addSuppressed(new IOException());
        log.error("{}: it threw", "orders", clean);
        assertThat(lines).containsExactly("error orders: it threw");
        assertThat(thrown).singleElement().isSameAs(clean);
    }

    @ParameterizedTest
    @ValueSource(strings = {"the throwable", "its cause", "what its cause suppressed", "its own words"})
    void whatSteersInAStackTraceIsEscaped(String where) {
        IOException cause = new IOException(where.equals("its cause") ? HOSTILE : "reset");
        if (where.equals("what its cause suppressed")) {
            cause.addSuppressed(new IllegalArgumentException(HOSTILE));
        }
        String message = where.equals("the throwable") ? HOSTILE : "failed";
        Exception given = !where.equals("its own words")
                ? new UncheckedIOException(message, cause)
                : new IllegalStateException(message, cause) {
                    @Override
                    public String toString() {
                        return HOSTILE;
                    }
                };
        log.error("it threw", given);
        String trace = trace(thrown.get(0));
        assertThat(trace).contains(SHOWN).doesNotContain("\u001b", "\u0007", "\u009b", "\u202e", "\nINJECTED");
        assertThat(trace.lines().filter(line -> line.startsWith("\tat ")))
                .as("the same stack traces")
                .containsExactlyElementsOf(trace(given)
                        .lines()
                        .filter(line -> line.startsWith("\tat "))
                        .toList());
        assertThat(trace).contains("java.io.IOException: ");
        assertThat(given)
                .as("callers catch what was thrown")
                .hasMessage(message)
                .hasCause(cause);
    }

    @Test
    void theMessageNamesTheClassAsWellForLogsThatPrintMessages() {
        log.error("it threw", new IOException(HOSTILE));
        assertThat(thrown.get(0))
                .hasMessage("java.io.IOException: " + SHOWN)
                .hasToString("java.io.IOException: " + SHOWN);
    }

    @Test
    void aMessageThatSteersIsNotLoggedWhateverTheThrowableSaysOfItself() {
        log.error("it threw", new IOException(HOSTILE) {
            @Override
            public String toString() {
                return "all is well";
            }
        });
        log.error("it threw", new IOException("reset") {
            @Override
            public String getLocalizedMessage() {
                return HOSTILE;
            }

            @Override
            public String toString() {
                return "all is well";
            }
        });
        assertThat(thrown).hasSize(2).allSatisfy(each -> {
            assertThat(each).hasMessage("all is well").hasToString("all is well");
            assertThat(each.getLocalizedMessage()).isEqualTo("all is well");
        });
    }

    @Test
    void whatIsNotLoggedIsNotRendered() {
        enabled = false;
        Object costly = new Object() {
            @Override
            public String toString() {
                lines.add("rendered");
                return "costly";
            }
        };
        log.error("{}", costly);
        log.warn("{}", costly);
        log.info("{}", costly);
        log.debug("{}", costly);
        assertThat(lines).isEmpty();
    }

    @Test
    void circlesLongChainsAndThrowablesThatThrowAreLogged() {
        Exception first = new IllegalStateException(HOSTILE);
        Exception second = new IllegalStateException("second", first);
        first.initCause(second);
        first.addSuppressed(second);
        log.error("a circle", first);
        assertThat(trace(thrown.get(0))).contains(SHOWN).containsOnlyOnce("second");

        Exception chain = new IOException(HOSTILE);
        for (int i = 0; i < 100_000; i++) {
            chain = new IOException("link", chain);
        }
        log.error("a long chain", chain);
        assertThat(trace(thrown.get(1)).lines().filter(line -> line.contains("link")))
                .hasSize(PrintableCause.MAX_DEPTH + 1);

        log.error("a hostile one", new Hostile());
        assertThat(trace(thrown.get(2))).isEqualToIgnoringNewLines(Hostile.class.getName());
    }

    @Test
    void aStackTraceThatCameFromElsewhereSteersNothing() {
        Exception given = new IOException("reset");
        given.setStackTrace(new StackTraceElement[] {new StackTraceElement(HOSTILE, HOSTILE, HOSTILE, 7)});
        log.error("it threw", given);
        assertThat(trace(thrown.get(0)))
                .contains("\tat " + SHOWN + "." + SHOWN + "(" + SHOWN + ":7)")
                .doesNotContain("\u001b", "\nINJECTED");
    }

    @Test
    void whatLogsReadOfAThrowableNeverThrowsAndHasAnEnd() {
        log.error("no trace", new IOException("reset") {
            @Override
            public StackTraceElement[] getStackTrace() {
                throw new IllegalStateException();
            }
        });
        assertThat(thrown.get(0).getStackTrace()).isEmpty();

        log.error("a hole in the trace", new IOException(HOSTILE) {
            @Override
            public StackTraceElement[] getStackTrace() {
                return new StackTraceElement[1];
            }
        });
        assertThat(thrown.get(1)).hasMessageContaining(SHOWN);

        Exception chain = new IOException("clean");
        for (int i = 0; i < 100_000; i++) {
            chain = new IOException("link", chain);
        }
        log.error("a long chain", chain);
        log.error("always another cause", new Endless());
        for (Throwable logged : thrown.subList(2, 4)) {
            assertThat(trace(logged).lines().filter(line -> line.startsWith("Caused by")))
                    .hasSize(PrintableCause.MAX_DEPTH);
        }
    }

    /** Each time it is asked it has another cause. */
    private static final class Endless extends Exception {
        private static final long serialVersionUID = 1;

        @Override
        public synchronized Throwable getCause() {
            return new Endless();
        }
    }

    @Test
    void aLogThatKnowsCallersIsToldTheCaller() {
        new Log(logger(LocationAwareLogger.class)).warn("{}: it threw", HOSTILE, new IOException(HOSTILE));
        assertThat(lines)
                .containsExactly(LocationAwareLogger.WARN_INT + " " + Log.class.getName() + " " + SHOWN + ": it threw");
        assertThat(thrown.get(0)).hasToString("java.io.IOException: " + SHOWN);
    }

    private static String trace(@Nullable Throwable thrown) {
        StringWriter text = new StringWriter();
        assertThat(thrown).isNotNull();
        thrown.printStackTrace(new PrintWriter(text));
        return text.toString();
    }

    private <T extends Logger> T logger(Class<T> type) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, given) -> {
                    if (method.getReturnType() == boolean.class) {
                        return enabled;
                    }
                    if (method.getName().equals("log")) {
                        lines.add(given[2] + " " + given[1] + " "
                                + MessageFormatter.basicArrayFormat((String) given[3], (Object[]) given[4]));
                        thrown.add((Throwable) given[5]);
                        return null;
                    }
                    var event = MessageFormatter.arrayFormat((String) given[0], (Object[]) given[1]);
                    lines.add(method.getName() + " " + event.getMessage());
                    if (event.getThrowable() != null) {
                        thrown.add(event.getThrowable());
                    }
                    return null;
                }));
    }

    /** Each of its methods throws. */
    private static final class Hostile extends Exception {
        private static final long serialVersionUID = 1;

        @Override
        public String getMessage() {
            throw new IllegalStateException(HOSTILE);
        }

        @Override
        public synchronized Throwable getCause() {
            throw new StackOverflowError();
        }

        @Override
        public StackTraceElement[] getStackTrace() {
            throw new IllegalStateException();
        }
    }
}
