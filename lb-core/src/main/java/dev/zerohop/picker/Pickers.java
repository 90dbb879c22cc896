package dev.zerohop.picker;

import dev.zerohop.LoadMetric;
import dev.zerohop.Node;
import dev.zerohop.Options;
import dev.zerohop.PickPolicy;
import dev.zerohop.PolicyProvider;
import dev.zerohop.load.LoadMetrics;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The policies. All are immutable values: equal arguments give equal policies.
 *
 * <p>Every policy passes over endpoints that an earlier attempt of the call tried, while another is left (a shard's owner has no other, unless it
 * spills). Weight 0 takes no traffic anywhere; only {@link #lvs} uses endpoints of weight 0, when there is no other.
 */
public final class Pickers {
    private Pickers() {}

    /**
     * Every endpoint in turn, whatever its weight, unless a stage prefers some: then as often as the stages prefer it, as under {@link #weightedRoundRobin}.
     * The first turn and the order differ from client to client.
     *
     * <p>Of k picks by one thread, each of n endpoints gets k/n give or take less than 1. Threads are spread over 64 stripes, each of which takes its
     * own turns: whatever the number of threads and however short they live, virtual threads included, each endpoint gets its share give or take
     * less than 1 for every stripe in use, so 64 at the most. Two threads of one stripe that pick at the same instant may repeat a pick, and one
     * that was suspended in between may set its stripe back; that repeats a stretch of turns, and adds at most 1 to the deviation each time.
     */
    public static PickPolicy roundRobin() {
        return SequencePicker.ROUND_ROBIN;
    }

    /** By chance, all alike, unless a stage prefers some: then as likely as the stages make it. */
    public static PickPolicy random() {
        return RandomPicker.RANDOM;
    }

    /** By chance, in proportion to the weights. */
    public static PickPolicy weightedRandom() {
        return RandomPicker.WEIGHTED_RANDOM;
    }

    /**
     * In turn, in proportion to the weights, evenly interleaved: weights 5, 1, 1 do not give five picks in a row. With equal weights the same as
     * {@link #roundRobin}.
     *
     * <p>Of k picks by one thread, each of up to 100 endpoints with integer weights up to 100 gets its exact share give or take 1 + 0.5 log2(k),
     * wherever in the cycle they begin, and never more than 2 however long it goes on. Beyond 100 endpoints there is no proven bound; measured were
     * at most 1.05 for weights 1 to 10 and 3.1 with one very heavy endpoint among random weights up to 100. Many threads and short-lived ones: as for
     * {@link #roundRobin}, the deviations of up to 64 stripes add up at worst.
     *
     * <p>Integer weights are kept exactly while their sum, divided by their greatest common divisor, is at most 65,536 (or 64 for each endpoint if
     * that is more). Beyond that, and for fractional weights such as slow start makes, they are rounded to a cycle of about 16,384 picks (or 16 for
     * each endpoint). Endpoints whose share of it is less than one pick have picks in common, at least one, and take them by chance.
     */
    public static PickPolicy weightedRoundRobin() {
        return SequencePicker.WEIGHTED_ROUND_ROBIN;
    }

    /**
     * {@link #weightedRoundRobin} with one more factor of each weight: what the endpoint reports of its load, by gRFC A58, as a share of the mean of those that report (0.1 to 10). So an endpoint of
     * which a call takes half as much gets twice the calls. The weights of the source and of stages keep their meaning: one of weight 2 gets twice what its reports alone would
     * give it; where weights only say how much an endpoint can do, leave them equal. An endpoint without reports that count takes the mean; while fewer than two have some, all do.
     */
    public static PickPolicy weightedRoundRobin(ReportedWeights reported) {
        return new ReportedWeightPicker.Policy(reported);
    }

    /**
     * The one with fewer attempts under way of two drawn by chance ("power of two choices"), for its weight. Failures in a row make an endpoint look
     * busier than it is ({@link Node#pressure}), so that failing fast does not attract traffic.
     */
    public static PickPolicy leastRequest() {
        return LeastRequestPicker.LEAST_REQUEST;
    }

    /** {@link #leastRequestByReports(String, double, Duration)} by {@code named_metrics.requests_in_flight}, which lb-server reports, for 10 seconds. */
    public static PickPolicy leastRequestByReports() {
        return ReportedCallsPicker.Policy.DEFAULT;
    }

    /**
     * {@link #leastRequest} that also counts the calls of other clients, as endpoints report them: for clients that make so few calls that they seldom have two under way. An endpoint without a live
     * report counts for its weight as the median of those with one.
     *
     * @param metric which number of the report measures how busy the endpoint is; see {@link dev.zerohop.LoadReport#metric}
     * @param callsPerUnit how many calls under way a value of 1 stands for: 1 for a number of calls, and for a utilization as many as fill the endpoint
     * @param expiration how long a report counts; more than 0
     * @throws IllegalArgumentException if a value is out of its range
     */
    public static PickPolicy leastRequestByReports(String metric, double callsPerUnit, Duration expiration) {
        return new ReportedCallsPicker.Policy(LoadMetrics.reportedCalls(metric, callsPerUnit, expiration));
    }

    /** {@link #prequal(Prequal)} with {@link Prequal#DEFAULTS}. */
    public static PickPolicy prequal() {
        return new PrequalPicker.Policy(Prequal.DEFAULTS);
    }

    /**
     * The endpoint with the least latency among those with few calls under way, by what they report when they are probed: for many clients with few calls each, which see too little of endpoints by their own
     * calls. Calls cause probes of endpoints drawn by chance, apart from the calls, which never wait for one. After Wydrowski et al., "Load is not what you should balance: Introducing Prequal"
     * (NSDI 2024). Different from it:
     *
     * <ul>
     *   <li>Probes leave some milliseconds after the calls that cause them, together, and at most so many in a second as the settings say; results then serve more calls.
     *   <li>A result replaces the one before of the same endpoint. The calls under way are those of others as reported, and this client's own as they are.
     *   <li>With fewer than two results of use: the emptier of two drawn by chance, as {@link #leastRequest}.
     *   <li>An endpoint with failures held against it ({@link Node#pressure}) comes after all others, but for one pick in 16 or fewer, the fewer the more it fails.
     * </ul>
     *
     * <p>Needs a transport with {@linkplain dev.zerohop.ProbeTransport#load load probes}; without one it is {@link #leastRequest}.
     */
    public static PickPolicy prequal(Prequal settings) {
        return new PrequalPicker.Policy(settings);
    }

    /** {@link #peakEwma(Duration, double)} with a decay of 10 seconds and an error penalty of 10. */
    public static PickPolicy peakEwma() {
        return new PeakEwmaPicker.Policy(LoadMetrics.peakEwma());
    }

    /**
     * The one with the shorter expected wait of two drawn by chance, by {@linkplain LoadMetrics#peakEwma(Duration, double) Peak-EWMA}. Weights
     * decide how often an endpoint is drawn. One comparison in 16 takes the other one if that has nothing under way, nothing held against it, and has not been tried for one decay: so one that
     * was slow is found to be well again, for at most one call per decay of this client.
     *
     * @param decay 1 ms to 1 hour
     * @param errorPenalty 1 to 1000
     * @throws IllegalArgumentException if a value is out of its range
     */
    public static PickPolicy peakEwma(Duration decay, double errorPenalty) {
        return new PeakEwmaPicker.Policy(LoadMetrics.peakEwma(decay, errorPenalty));
    }

    /**
     * In turn, in the classic order of the Linux Virtual Server: weights 3, 1, 2 of a, b, c give a a c a b c over and over. For applications that need exactly
     * that order; {@link #weightedRoundRobin} mixes better, and its threads do not share a counter.
     *
     * <p>One sequence for all threads: k picks are exactly the first k of it, whatever thread made them; one atomic increment each. Every client begins at its
     * beginning. The order of endpoints is that of their attribute {@link dev.zerohop.Endpoint#ORDER}, a whole number, where the source states one (golb does: the
     * order of its list), and of their ids behind that. An update that changes neither the endpoints nor their weights goes on exactly; any other goes on at the
     * same share of the new cycle, and picks that run at the same instant may repeat a turn.
     *
     * <p>Whole weights are exact whatever their size. Others, such as slow start makes, count in thousandths. When every member has weight 0, all that are
     * usable take plain turns; while one has more, weight 0 takes nothing.
     */
    public static PickPolicy lvs() {
        return LvsPicker.LVS;
    }

    /** {@link #rendezvous(PickPolicy)} that refuses calls without a key. */
    public static HashPolicy rendezvous() {
        return rendezvous(null);
    }

    /**
     * Equal keys to the same endpoint, in every process, by highest random weight over the endpoints' ids. An endpoint that comes or goes moves only its own keys.
     * Unlike {@link ShardPolicy} it follows health: the keys of an endpoint that is down go to their next choice and come back with it.
     *
     * @param withoutKey how to pick for a call without a key; null refuses it
     * @throws IllegalArgumentException if {@code withoutKey} needs a key itself
     */
    public static HashPolicy rendezvous(@Nullable PickPolicy withoutKey) {
        return new HashPolicy(HashPolicy.Ranking.ONLY, HashRanks.UNBOUNDED, withoutKey);
    }

    /** {@link #ringHash(int, int)} of at least 1,024 entries and at most 8,388,608, Envoy's defaults. */
    public static HashPolicy ringHash() {
        return ringHash(HashRing.DEFAULT_MIN_SIZE, HashRing.MAX_SIZE);
    }

    /**
     * Equal keys to the same endpoint, in every process, by the hash ring of Envoy and gRPC: given the same names and weights of endpoints, a key goes where they send it.
     * An endpoint that comes or goes moves only its own keys; those of one that is down go to the next on the ring. A look-up takes constant time. Each endpoint owns its
     * share of the keys give or take one in the square root of its number of entries: a tenth with 100 entries.
     *
     * @param minRingSize the least number of entries, from which follows how many the lightest endpoint has
     * @param maxRingSize the largest number of entries; gRPC's default is 4,096, beyond which lighter endpoints get none
     * @throws IllegalArgumentException if a size is not 1 to 8,388,608, or the first is above the second
     */
    public static HashPolicy ringHash(int minRingSize, int maxRingSize) {
        return new HashPolicy(new HashRing.Size(minRingSize, maxRingSize), HashRanks.UNBOUNDED, null);
    }

    /** {@link #maglev(int)} of 65,537 slots, Envoy's default. */
    public static HashPolicy maglev() {
        return maglev(MaglevTable.DEFAULT_SIZE);
    }

    /**
     * Equal keys to the same endpoint, in every process, by Maglev's table as Envoy lays it out (Eisenbud et al., 2016): given the same names and weights of endpoints, a
     * key goes where Envoy sends it. Each of endpoints of equal weight owns the same number of slots give or take one. An endpoint that comes or goes moves its own keys
     * and a few others; those of one that is down go to slots by other hashes. A look-up takes constant time.
     *
     * @param tableSize the number of slots, a prime; a hundred for each endpoint at the least make shares even
     * @throws IllegalArgumentException if {@code tableSize} is no prime or above 5,000,011
     */
    public static HashPolicy maglev(int tableSize) {
        return new HashPolicy(new MaglevTable.Size(tableSize), HashRanks.UNBOUNDED, null);
    }

    /** {@link PrefixAffinityPolicy} with its defaults. */
    public static PrefixAffinityPolicy prefixAffinity() {
        return PrefixAffinityPolicy.DEFAULTS;
    }

    /** {@link ShardPolicy} with its defaults: {@code zerohop-shard/v1}, fails fast when the owner is down, refuses calls without a key. */
    public static ShardPolicy shard() {
        return ShardPolicy.builder().build();
    }

    /** {@link DirectoryPolicy} with its defaults: fails fast when the owner is down, refuses keys without an entry and calls without a key. */
    public static DirectoryPolicy directory() {
        return DirectoryPolicy.builder().build();
    }

    /** The names of all policies that configurations may name, those of {@linkplain PolicyProvider providers} on the class path included, in alphabetical order. */
    public static List<String> names() {
        return new Policies().names();
    }

    /**
     * The policy of this name with its default options.
     *
     * @throws IllegalArgumentException if there is none; the message lists those that there are
     */
    public static PickPolicy byName(String name) {
        return new Policies().byName(name);
    }

    /**
     * Reads a policy from a field: its name, or an object of its name with its options. For a {@link PolicyProvider} whose policy hands calls on to another one.
     *
     * @throws IllegalArgumentException if the field is not there, or is no such policy
     */
    public static PickPolicy read(Options parent, String field) {
        return new Policies().read(parent, field);
    }

    static void checkUnkeyed(String option, @Nullable PickPolicy policy) {
        if (policy != null && policy.keyed()) {
            throw new IllegalArgumentException(
                    option + " was " + policy.name() + ", expected a policy that needs no key");
        }
    }

    /**
     * The metric of a policy that hands calls on to both: a node's load is measured in one way. What counts attempts under way reads them from the node and
     * needs no metric.
     */
    static LoadMetric commonMetric(String option, @Nullable PickPolicy policy, @Nullable PickPolicy withoutKey) {
        LoadMetric first = policy == null ? LoadMetric.IN_FLIGHT : policy.loadMetric();
        LoadMetric second = withoutKey == null ? LoadMetric.IN_FLIGHT : withoutKey.loadMetric();
        if (!first.equals(second) && !first.equals(LoadMetric.IN_FLIGHT) && !second.equals(LoadMetric.IN_FLIGHT)) {
            throw new IllegalArgumentException(option + " was " + policy + " and withoutKey " + withoutKey
                    + ", expected both to measure load alike: an endpoint has one load");
        }
        return first.equals(LoadMetric.IN_FLIGHT) ? second : first;
    }
}
