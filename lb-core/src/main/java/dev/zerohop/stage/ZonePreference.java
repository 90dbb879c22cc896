package dev.zerohop.stage;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Candidate;
import dev.zerohop.Locality;
import dev.zerohop.Options;
import dev.zerohop.Printable;
import dev.zerohop.Snapshot;
import dev.zerohop.Stage;
import dev.zerohop.StageProvider;
import dev.zerohop.internal.OptionsText;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Prefers endpoints in the zone of this client, as far as those can carry its traffic.
 *
 * <p>With o the share of all clients that are in the own zone and u the share of the usable capacity (weights) that serves it, the own zone keeps
 * {@code min(1, overProvisioning * u / o)} of this client's traffic. The rest goes to the zones that have more capacity than clients, each in proportion
 * to that surplus. If all clients do so, no zone gets more than {@code overProvisioning} times its even share: one endpoint that is left alone in a
 * zone is not buried. The clients' zones are taken to be of equal size unless {@link Builder#clients} is set.
 *
 * <p>Which endpoints serve a zone: if they carry hints, the hints decide, under kube-proxy's rules. They are followed only if every candidate has some and
 * one of them matches this client; node hints go first, and are followed to the letter, without spill. Else all are used alike. If
 * no endpoint carries hints, an endpoint serves the zone it is in, and only {@link Prefer#OWN} prefers it.
 *
 * <p>Does nothing, and notes it in the snapshot, while the client's zone is unknown, the health filter panics, or an earlier stage divides the traffic between groups. If a single candidate would be left, the others
 * keep a thousandth of the traffic among them: a retry needs somewhere to go.
 *
 * <p>Weights carry the shares, and their sum stays what it was. They reach every unkeyed policy and those that hash keys over all endpoints ({@code rendezvous}, {@code ring_hash}, {@code maglev}): those that ignore the endpoints' own
 * weights ({@code round_robin}, {@code random}) divide a zone's share evenly over the endpoints that serve it ({@link Candidate#scale}), and those that go by
 * load ({@code least_request}, {@code peak_ewma}) compare the endpoints of one zone with each other and not with those of another ({@link Candidate#group}).
 * Immutable and thread-safe; equal by value.
 *
 * <p>With {@code reportedLoad} a part of what the own zone keeps goes to zones that are less utilized, as their endpoints report it: see {@link ZoneLoad}. While too few report, nothing of this changes.
 *
 * <p>Source: Envoy's zone aware routing with its over-provisioning factor; kube-proxy's choice of a topology from hints.
 *
 * @param prefer what to prefer
 * @param client where this client runs; what it leaves open is taken from the {@linkplain Snapshot#client source}
 * @param minEndpoints zones without hints are preferred only from this number of candidates on
 * @param overProvisioningPercent how far above its even share a zone may be loaded, 100 to 1000
 * @param clients relative number of clients by zone; 1 for zones that are not named
 * @param reportedLoad how the share that stays follows what endpoints report of their load; null for not at all
 */
public record ZonePreference(
        Prefer prefer,
        Locality client,
        int minEndpoints,
        int overProvisioningPercent,
        Map<String, Double> clients,
        @Nullable ZoneLoad reportedLoad)
        implements Stage {

    /** In configurations. */
    static final class Provider implements StageProvider {
        @Override
        public String name() {
            return "zone";
        }

        @Override
        public List<String> options() {
            return List.of(
                    "prefer", "zone", "node", "minEndpoints", "overProvisioningPercent", "clients", ZoneLoad.NAME);
        }

        @Override
        public Stage read(Options fields) {
            Locality stated = new Locality(
                    name(fields, "zone", "the zone of this client, such as \"eu-1a\""),
                    name(fields, "node", "the node of this client"));
            return builder()
                    .prefer(fields.enumValue("prefer", Prefer.HINTED))
                    .client(stated.orElse(Locality.ofThisProcess()))
                    .minEndpoints(fields.integer("minEndpoints", DEFAULT_MIN_ENDPOINTS, 0, 1_000_000))
                    .overProvisioningPercent(
                            fields.integer("overProvisioningPercent", DEFAULT_OVER_PROVISIONING_PERCENT, 100, 1000))
                    .clients(clients(fields))
                    .reportedLoad(fields.has(ZoneLoad.NAME) ? ZoneLoad.read(fields) : null)
                    .build();
        }

        private static @Nullable String name(Options fields, String field, String expected) {
            if (!fields.has(field)) {
                return null;
            }
            String name = fields.string(field, expected);
            checkName(fields.path(field) + ": ", name);
            return name;
        }

        private static Map<String, Double> clients(Options fields) {
            Map<String, Double> clients = new TreeMap<>();
            if (fields.has("clients")) {
                Options byZone = fields.anyObject("clients");
                for (String zone : byZone.names()) {
                    checkName(byZone.path() + ": the name of a zone ", zone);
                    clients.put(zone, byZone.number(zone, 1, 0.001, 1_000_000));
                }
            }
            return clients;
        }
    }

    /** The attribute that lists the zones an endpoint is meant for, separated by commas. */
    public static final String ZONE_HINTS = "k8s.hints.zones";

    /** The attribute that lists the nodes an endpoint is meant for, separated by commas. */
    public static final String NODE_HINTS = "k8s.hints.nodes";

    /** From how many candidates on zones without hints are preferred by default. */
    public static final int DEFAULT_MIN_ENDPOINTS = 6;

    /** How far above its even share a zone may be loaded by default, in percent. */
    public static final int DEFAULT_OVER_PROVISIONING_PERCENT = 140;

    /** What the others keep when a single candidate would be left. */
    private static final double FOR_RETRIES = 0.001;

    /** What is preferred. */
    public enum Prefer {
        /** What hints name; nothing where there are none. */
        HINTED,
        /** What hints name; the own zone where there are none. */
        OWN,
        /** Nothing. */
        ANY
    }

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException naming the option, its value and what was expected
     */
    public ZonePreference {
        requireNonNull(prefer, "prefer");
        requireNonNull(client, "client");
        if (minEndpoints < 0) {
            throw new IllegalArgumentException("minEndpoints was " + minEndpoints + ", expected 0 or more");
        }
        if (overProvisioningPercent < 100 || overProvisioningPercent > 1000) {
            throw new IllegalArgumentException(
                    "over-provisioning was " + overProvisioningPercent + " %, expected 100 to 1000");
        }
        clients = Map.copyOf(clients);
        clients.forEach((zone, count) -> {
            checkName("clients: the name of a zone ", zone);
            if (zone.isBlank() || !(count > 0) || count == Double.POSITIVE_INFINITY) {
                throw new IllegalArgumentException("clients of zone '" + zone + "' was " + count
                        + ", expected a finite number above 0 for a zone's name");
            }
        });
    }

    private static void checkName(String what, String name) {
        String problem = Printable.problem(name, Printable.MAX_NAME);
        if (problem != null) {
            throw new IllegalArgumentException(what + problem);
        }
    }

    /** Starts with the defaults: hints are followed, the client's place is what the source states. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public String name() {
        return "zone";
    }

    @Override
    public boolean wantsLoadReports() {
        return prefer != Prefer.ANY && reportedLoad != null;
    }

    @Override
    public Snapshot apply(Snapshot in, long nowNanos) {
        List<Candidate> candidates = in.candidates();
        if (prefer == Prefer.ANY || candidates.isEmpty()) {
            return in;
        }
        Hints hints = in.hasAttributes() ? Hints.of(candidates) : Hints.NONE;
        if (hints.absent() && prefer == Prefer.HINTED) {
            return in;
        }
        for (Candidate candidate : candidates) {
            if (!candidate.node().health().status().usable()) {
                return same(in, "all are used: endpoints that are out of order are in use as well");
            }
            if (candidate.group() != candidates.get(0).group()) {
                return same(in, "all are used: the traffic is divided between groups already");
            }
        }
        Locality me = client.orElse(in.client());
        if (!hints.absent()) {
            return byHints(in, hints, me, nowNanos);
        }
        String zone = me.zone();
        if (zone == null) {
            return same(in, "all are used: the zone of this client is unknown");
        }
        if (candidates.size() < minEndpoints) {
            return same(
                    in,
                    "all are used: " + candidates.size() + " candidates are fewer than the " + minEndpoints
                            + " from which on a zone is preferred");
        }
        return spilling(in, Domains.ZONES, zone, nowNanos);
    }

    private Snapshot byHints(Snapshot in, Hints hints, Locality me, long nowNanos) {
        if (me.zone() == null && me.node() == null) {
            return same(in, "all are used: neither zone nor node of this client is known");
        }
        String node = hints.forNode(me.node()) ? me.node() : null;
        if (node != null) {
            ZoneShares shares = ZoneShares.strict(in.candidates(), Domains.HINTED_NODES, node);
            return with(in, shares, "node " + node);
        }
        String zone = hints.forZone(me.zone()) ? me.zone() : null;
        if (zone != null) {
            return spilling(in, Domains.HINTED_ZONES, zone, nowNanos);
        }
        return same(in, "all are used: " + hints.why(me));
    }

    private Snapshot spilling(Snapshot in, Domains domains, String zone, long nowNanos) {
        double overProvisioning = overProvisioningPercent / 100.0;
        if (reportedLoad == null) {
            ZoneShares shares = ZoneShares.spilling(in, domains, zone, overProvisioning, clients, null);
            return with(in, shares, "zone " + zone);
        }
        ZoneShift byLoad = ZoneShift.of(in, domains, zone, reportedLoad, nowNanos);
        ZoneShares shares = ZoneShares.spilling(in, domains, zone, overProvisioning, clients, byLoad);
        return with(in, shares, "zone " + zone, byLoad.due().nanos() - nowNanos, byLoad.note())
                .carrying(byLoad);
    }

    private Snapshot with(Snapshot in, ZoneShares shares, String place) {
        return with(in, shares, place, Long.MAX_VALUE, "");
    }

    private Snapshot with(Snapshot in, ZoneShares shares, String place, long reviewInNanos, String more) {
        List<Candidate> near = shares.candidates(0);
        String note = name() + ": " + percent(shares.kept()) + " in own " + place + " with " + shares.nearby() + " of "
                + in.candidates().size() + shares.spill();
        if (near.size() < 2 && in.candidates().size() > 1) {
            near = shares.candidates(FOR_RETRIES);
            note += ", a thousandth anywhere for retries";
        }
        return in.with(near, reviewInNanos, note + more);
    }

    private Snapshot same(Snapshot in, String why) {
        return in.with(in.candidates(), Long.MAX_VALUE, name() + ": " + why);
    }

    static String percent(double share) {
        return String.format(Locale.ROOT, share == 1 ? "%.0f %%" : "%.1f %%", 100 * share);
    }

    @Override
    public String toString() {
        return new OptionsText("zone")
                .with("prefer", prefer)
                .with("zone", client.zone())
                .with("node", client.node())
                .with("minEndpoints", minEndpoints)
                .with("overProvisioningPercent", overProvisioningPercent)
                .with("clients", clients.isEmpty() ? null : new TreeMap<>(clients))
                .with(ZoneLoad.NAME, reportedLoad == null ? null : "(" + reportedLoad.options() + ")")
                .toString();
    }

    /** Builds a {@link ZonePreference}. Not thread-safe. */
    public static final class Builder {
        private Prefer prefer = Prefer.HINTED;
        private Locality client = Locality.UNKNOWN;
        private int minEndpoints = DEFAULT_MIN_ENDPOINTS;
        private int overProvisioningPercent = DEFAULT_OVER_PROVISIONING_PERCENT;
        private Map<String, Double> clients = Map.of();
        private @Nullable ZoneLoad reportedLoad;

        private Builder() {}

        /** Sets what is preferred. Default: {@link Prefer#HINTED}. */
        public Builder prefer(Prefer prefer) {
            this.prefer = requireNonNull(prefer, "prefer");
            return this;
        }

        /** Sets where this client runs, as far as it is known. Default: what the source states. */
        public Builder client(Locality client) {
            this.client = requireNonNull(client, "client");
            return this;
        }

        /** Sets from how many candidates on zones without hints are preferred. Default: 6. */
        public Builder minEndpoints(int count) {
            this.minEndpoints = count;
            return this;
        }

        /** Sets how far above its even share a zone may be loaded, in percent. Default: 140. */
        public Builder overProvisioningPercent(int percent) {
            this.overProvisioningPercent = percent;
            return this;
        }

        /** Sets the relative number of clients by zone; zones that are not named count 1. Default: none named. */
        public Builder clients(Map<String, Double> clients) {
            this.clients = Map.copyOf(clients);
            return this;
        }

        /** Sets how the share that stays follows what endpoints report of their load; null for not at all. Default: not at all. */
        public Builder reportedLoad(@Nullable ZoneLoad how) {
            this.reportedLoad = how;
            return this;
        }

        /**
         * Builds the stage.
         *
         * @throws IllegalArgumentException naming the option, its value and what was expected
         */
        public ZonePreference build() {
            return new ZonePreference(prefer, client, minEndpoints, overProvisioningPercent, clients, reportedLoad);
        }
    }
}
