package dev.zerohop;

import dev.zerohop.internal.Durations;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The state of a balancer at one instant, for status pages, metrics and {@link Explanation}. Membership, settings and what the stages did are of one
 * published version; counters are read one after another while calls go on. An immutable value.
 *
 * @param service the balancer's name
 * @param adapter what kind of client it balances for, see {@link Balancer#adapter}
 * @param at the instant
 * @param source where its endpoints come from
 * @param configuration how it balances
 * @param members every member, sorted by id
 * @param routing what the stages made of them
 */
public record BalancerState(
        String service,
        String adapter,
        Instant at,
        Source source,
        Configuration configuration,
        List<Member> members,
        Routing routing) {

    /** Copies the list. */
    public BalancerState {
        members = List.copyOf(members);
    }

    /**
     * The same as maps, lists, texts, numbers, booleans and nulls, for JSON and the like: one form for all who show it. The order of the fields is fixed and their names stay; later releases may add some. Instants
     * are texts in ISO 8601 with milliseconds, durations whole milliseconds whose names end in {@code Ms}, and what is not known is null. What each field means is in docs/status-page.md. Unmodifiable.
     */
    public Map<String, @Nullable Object> toMap() {
        return StateFields.of(this);
    }

    /**
     * The source.
     *
     * @param name in words, usually the target
     * @param answers how many sets it has given
     * @param set the last one, marked stale while the source cannot be read; null before the first
     * @param error why it cannot be read; null while it can
     * @param failingSince since when; null while it can
     */
    public record Source(
            String name,
            long answers,
            @Nullable EndpointSet set,
            @Nullable String error,
            @Nullable Instant failingSince) {

        /** How long ago the source vouched for its set; null before the first. */
        public @Nullable Duration age(Instant now) {
            return set == null ? null : set.age(now);
        }

        /** Name, version, age, and why it cannot be read since when, for a person. */
        public String describe(Instant now) {
            return StateReader.source(this, now);
        }
    }

    /**
     * The settings in force.
     *
     * @param settings the settings
     * @param retryBudget the budget that all calls to the service share
     * @param rejected why the source's last configuration was rejected; null if it was not
     * @param unconfigured why no call goes anywhere, see {@link BalancerView#unconfigured}; null if calls do
     */
    public record Configuration(
            BalancerSettings settings,
            RetryBudget retryBudget,
            @Nullable String rejected,
            @Nullable String unconfigured) {

        /** One line for each part of the settings in force, and why the last configuration was rejected, for a person. */
        public List<String> describe() {
            return StateReader.settings(this);
        }
    }

    /**
     * One member.
     *
     * @param endpoint what the source says of it
     * @param health what is believed of it: the worst of its verdicts
     * @param verdicts what each source of health says of it, those whose time is over included until they are looked at again
     * @param weight its share among the candidates; 0 if it is none
     * @param traffic this client's own calls to it
     */
    public record Member(Endpoint endpoint, Belief health, List<Belief> verdicts, double weight, Traffic traffic) {

        /** Copies the list. */
        public Member {
            verdicts = List.copyOf(verdicts);
        }
    }

    /**
     * A status and its origin.
     *
     * @param status the status
     * @param source the source of health that says so
     * @param reason why
     * @param since since when
     * @param until until when, unless something happens first: the end of an ejection, the time to live of a verdict; null if no time ends it
     */
    public record Belief(
            Health.Status status,
            String source,
            String reason,
            Instant since,
            @Nullable Instant until) {

        /** What, since when, until when and why, for a person. */
        public String describe(Instant now) {
            return status + " for " + text(since, now) + (until == null ? "" : ", " + text(now, until) + " to go")
                    + " (" + source + ": " + reason + ")";
        }

        private static String text(Instant from, Instant to) {
            return Durations.text(Duration.between(from, to).toNanos());
        }
    }

    /**
     * This client's own calls to a member.
     *
     * @param inFlight attempts under way
     * @param load by the load metric of the policy, as it compares endpoints
     * @param failuresInRow how many calls have failed since the last one that did not
     */
    public record Traffic(int inFlight, double load, int failuresInRow) {}

    /**
     * What the stages made of the members.
     *
     * @param candidates how many may be picked
     * @param stages what each stage did, in their order
     * @param shardEpoch the epoch of the shard map by which keys are placed; {@link ShardMap#NO_EPOCH} if there is none
     * @param panic that endpoints are used which verdicts had taken out; null while none is
     */
    public record Routing(
            int candidates,
            List<Snapshot.Step> stages,
            long shardEpoch,
            @Nullable Panic panic) {

        /** Copies the list. */
        public Routing {
            stages = List.copyOf(stages);
        }
    }

    /**
     * So few endpoints are well that some are used which verdicts had taken out.
     *
     * @param reason what the stage says of it, in numbers
     * @param since since when, without a break
     */
    public record Panic(String reason, Instant since) {}
}
