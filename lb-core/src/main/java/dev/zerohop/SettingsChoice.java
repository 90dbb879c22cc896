package dev.zerohop;

import static java.util.Objects.requireNonNull;

import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Which settings hold: what the application configured, unless the source configures something; else the defaults. A source whose first configuration is
 * rejected lets no call go by the defaults, unless the application configured settings of its own. For tasks of the control path, but for {@link #rejectedLast},
 * which any thread may read.
 */
final class SettingsChoice {
    private static final Log LOG = Log.of(ControlPath.class);
    private static final String LAST_GOOD_STAYS = "the last good one stays";

    /** Puts the choice in force. */
    interface Balancing {
        /** Goes by these settings; if their parts cannot be made, says why and changes nothing. */
        @Nullable
        String use(BalancerSettings next);

        /** Refuses every call. */
        void refuseCalls(String reason);
    }

    private final String name;
    private final Time time;
    private final BalancerListener listener;
    private final @Nullable UnaryOperator<BalancerSettings> check;
    private final Balancing balancing;
    private final ProbeTransport transport;

    /** What holds while neither the application nor the source configures anything. */
    private final BalancerSettings defaults;

    /** What the application configured, which holds while the source configures nothing. */
    private @Nullable BalancerSettings own;

    /** The last good one of the source; null while it configures nothing. */
    private @Nullable BalancerSettings ofSource;

    /** Whether the source gave a good configuration, or answered without one: what it gives after that and is rejected changes nothing. */
    private boolean sourceWasGood;

    /** Why the source's configuration is rejected, while there is no good one from before. */
    private @Nullable String rejection;

    /** Why the source's configuration was rejected last, and when, while no better one has come since. */
    private volatile @Nullable String rejectedLast;

    SettingsChoice(Balancer.Builder builder, BalancerListener listener, Balancing balancing) {
        this.name = builder.name;
        this.time = builder.env.time();
        this.listener = listener;
        this.check = builder.sourceSettings;
        this.balancing = balancing;
        this.transport = builder.probeTransport;
        this.own = builder.settings;
        this.defaults = requireNonNull(
                builder.defaults != null ? builder.defaults : own,
                () -> builder.name + ": neither settings nor defaults were set, expected one of them");
    }

    /** What the application wants, else the defaults. */
    BalancerSettings configured() {
        return own != null ? own : defaults;
    }

    /** For explanations; null while the source's last configuration is in force or it states none. */
    @Nullable
    String rejectedLast() {
        return rejectedLast;
    }

    /** Takes what the application configures; null takes that back. */
    void ofApplication(@Nullable BalancerSettings next) {
        if (next == null) {
            own = null;
            if (rejection != null) {
                balancing.refuseCalls(rejection);
            } else {
                useGood(ofSource != null ? ofSource : defaults);
            }
            return;
        }
        String unusable = balancing.use(next);
        if (unusable == null) {
            own = next;
        } else {
            report(LAST_GOOD_STAYS, unusable);
        }
    }

    /** Settings that held before. */
    private void useGood(BalancerSettings good) {
        String unusable = balancing.use(good);
        if (unusable != null) {
            report(LAST_GOOD_STAYS, unusable);
        }
    }

    /** The source has given endpoints. */
    void sourceAnswered() {
        sourceWasGood |= rejection == null;
    }

    /** Takes what the source configures now, after what it configured before. {@code source} names it in messages. */
    void ofSource(SourceConfiguration before, SourceConfiguration next, String source) {
        if (check == null) {
            return;
        }
        BalancerSettings settings = next.settings();
        if (settings != null) {
            boolean goodAgain = before.rejection() != null && next.rejection() == null;
            if (goodAgain || !Objects.equals(before.text(), next.text())) {
                use(settings, check, source);
            }
        } else if (next.text() != null || (before.configures() && !next.configures())) {
            good(null);
            useGood(configured());
        }
        String rejected = next.rejection();
        if (rejected != null) {
            reject(next.rejectedText() == null ? rejected : source + ": " + rejected);
        }
    }

    private void use(BalancerSettings configured, UnaryOperator<BalancerSettings> check, String source) {
        BalancerSettings next;
        try {
            next = requireNonNull(check.apply(configured), "the check returned null, expected settings");
        } catch (Throwable unusable) {
            reject(source + ": " + SourceState.brief(unusable));
            return;
        }
        next = carried(next, source);
        String unusable = balancing.use(next);
        if (unusable == null) {
            good(next);
        } else {
            reject(source + ": " + unusable);
        }
    }

    /** A source configures clients of all kinds: what keeps the checks of one from being made must not keep its calls from being balanced. */
    private BalancerSettings carried(BalancerSettings next, String source) {
        String unfit = next.checks().unfit(transport);
        if (unfit == null) {
            return next;
        }
        LOG.warn(
                "{}: no health checks are made, the rest of the configuration is in force: {}: {}",
                name,
                source,
                unfit);
        return next.toBuilder().checks(HealthCheckPolicy.NONE).build();
    }

    private void good(@Nullable BalancerSettings next) {
        ofSource = next;
        rejection = null;
        rejectedLast = null;
        sourceWasGood = true;
    }

    private void reject(String reason) {
        rejectedLast = reason + ", at " + time.now();
        if (sourceWasGood) {
            report(LAST_GOOD_STAYS, reason);
            return;
        }
        rejection = reason;
        if (own != null) {
            report("the application's own stays", reason);
        } else {
            listener.onConfigurationRejected(name, reason);
            balancing.refuseCalls(reason);
        }
    }

    private void report(String instead, String reason) {
        LOG.warn("{}: a configuration is rejected, {}: {}", name, instead, reason);
        listener.onConfigurationRejected(name, reason);
    }
}
