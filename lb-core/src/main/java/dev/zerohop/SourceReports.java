package dev.zerohop;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the log and the listener learn of the source: that it answers, that it does not, that what it gives is from memory. For tasks of the control path. */
final class SourceReports {
    private static final Log LOG = Log.of(ControlPath.class);

    /** How many different errors of a source are logged before it answers again. */
    private static final int ERRORS_LOGGED = 10;

    /** How many values of one resolution are reported one by one. */
    private static final int REJECTED_REPORTED = 100;

    private final String name;
    private final Time time;
    private final BalancerListener listener;
    private final LogBurst log;

    /** The errors that were logged since the source last answered. */
    private final Set<String> errorsLogged = new HashSet<>();

    SourceReports(String name, Time time, BalancerListener listener) {
        this.name = name;
        this.time = time;
        this.listener = listener;
        this.log = new LogBurst(LOG, name, "failures and answers of the source", time);
    }

    /** Values that cannot be used: those that were not in the resolution before, the first {@value #REJECTED_REPORTED} of them. */
    void rejected(Resolution before, Resolution now) {
        if (now.rejected() == before.rejected()) {
            return;
        }
        Set<String> known = new HashSet<>(before.rejected());
        List<String> fresh = now.rejected().stream()
                .filter(reason -> !known.contains(reason))
                .toList();
        for (String reason : fresh.subList(0, Math.min(fresh.size(), REJECTED_REPORTED))) {
            listener.onSourceValueRejected(name, Printable.text(reason));
        }
        if (fresh.size() > REJECTED_REPORTED) {
            listener.onSourceValueRejected(
                    name, (fresh.size() - REJECTED_REPORTED) + " more values of the source cannot be used");
        }
    }

    void answered(SourceState before, EndpointSet next) {
        if (!next.stale()) {
            fresh(before, next);
        } else if (before.set() == null || !before.stale()) {
            stale(next, before.lastError());
        }
    }

    void fresh(SourceState before, EndpointSet next) {
        if (before.stale()) {
            log.info(() -> next.source() + " answers" + (before.erring() ? " again" : ""));
            listener.onFresh(name);
        }
    }

    /** A set from memory, from a file or from a member without a quorum, is stale from its first moment, not only from the first error on. */
    private void stale(EndpointSet next, @Nullable Throwable known) {
        Throwable cause = known != null
                ? known
                : new IllegalStateException(
                        next.source() + " has not vouched for its endpoints yet; they are as of " + next.asOf());
        log.warn(() -> next.endpoints().size() + " endpoints are from memory: " + SourceState.brief(cause));
        listener.onStale(name, next.age(time.now()), cause);
    }

    /** {@code source} names it, {@code members} is how many stay in force. */
    void failed(SourceState before, Throwable cause, String source, int members) {
        EndpointSet set = before.set();
        String text = SourceState.brief(cause);
        if (!before.erring()) {
            errorsLogged.clear();
        }
        // One text once while the errors last: another one may be the cause that a person can mend, such as a 403
        // behind an outage.
        if (errorsLogged.size() < ERRORS_LOGGED && errorsLogged.add(text)) {
            String since = before.erring() ? " since " + before.erringSince() + ", now" : "";
            String known =
                    set == null ? "no endpoint known yet" : "the last good set of " + members + " stays in force";
            log.warn(() -> source + " cannot be read" + since + ": " + text + "; " + known);
        }
        listener.onStale(name, set == null ? Duration.ZERO : set.age(time.now()), cause);
    }

    /** Nothing more comes. */
    void close() {
        log.close();
    }
}
