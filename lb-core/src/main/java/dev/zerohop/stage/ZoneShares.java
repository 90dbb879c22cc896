package dev.zerohop.stage;

import dev.zerohop.Candidate;
import dev.zerohop.Endpoint;
import dev.zerohop.Node;
import dev.zerohop.Snapshot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** How one client's traffic is divided over the zones, and the weights that do it. Immutable. */
final class ZoneShares {
    /** Below this, a share is an error of rounding. */
    private static final double NOTHING = 1e-9;

    private final List<Candidate> all;
    private final String own;
    private final Map<String, Double> shares;
    private final double[] weights;
    private final double[] scales;
    private final double[] keyWeights;
    private final int[] groups;
    private final int nearby;

    private ZoneShares(
            List<Candidate> all,
            Domains domains,
            String own,
            Map<String, Double> shares,
            Map<String, Double> keyShares) {
        this.all = all;
        this.own = own;
        this.shares = shares;
        this.weights = divided(all, domains, shares, Candidate::weight);
        this.scales = divided(all, domains, shares, Candidate::scale);
        this.keyWeights = alike(all) ? weights : divided(all, domains, keyShares, Candidate::keyWeight);
        this.groups = groups(all, domains, shares);
        int near = 0;
        for (Candidate candidate : all) {
            near += domains.of(candidate.node().endpoint()).contains(own) ? 1 : 0;
        }
        this.nearby = near;
    }

    private static boolean alike(List<Candidate> all) {
        return all.stream().allMatch(candidate -> candidate.keyWeight() == candidate.weight());
    }

    /** Those that serve the same of the zones that get something are one group. */
    private static int[] groups(List<Candidate> all, Domains domains, Map<String, Double> shares) {
        Map<Set<String>, Integer> known = new HashMap<>();
        int[] groups = new int[all.size()];
        for (int i = 0; i < groups.length; i++) {
            Set<String> served = new HashSet<>(domains.of(all.get(i).node().endpoint()));
            served.retainAll(shares.keySet());
            Integer next = known.size();
            groups[i] = known.computeIfAbsent(served, absent -> next);
        }
        return groups;
    }

    /** Each zone's share, divided among those that serve it in proportion to {@code weight}; the sum stays what it was. */
    private static double[] divided(
            List<Candidate> all, Domains domains, Map<String, Double> shares, ToDoubleFunction<Candidate> weight) {
        Map<String, Double> capacity = capacity(all, domains, weight);
        double total = sum(capacity);
        double[] divided = new double[all.size()];
        for (int i = 0; i < divided.length; i++) {
            Candidate candidate = all.get(i);
            List<String> served = domains.of(candidate.node().endpoint());
            for (String domain : served) {
                double share = shares.getOrDefault(domain, 0.0);
                if (share > 0) {
                    divided[i] +=
                            weight.applyAsDouble(candidate) / served.size() * (share * total / of(capacity, domain));
                }
            }
        }
        return divided;
    }

    /** Everything stays in {@code own}, which is served. */
    static ZoneShares strict(List<Candidate> candidates, Domains domains, String own) {
        Map<String, Double> all = Map.of(own, 1.0);
        return new ZoneShares(candidates, domains, own, all, all);
    }

    /** The own zone keeps what it can bear, the others get the rest in proportion to their surplus. Keys are divided by what the zones can bear without what passes by itself. */
    static ZoneShares spilling(
            Snapshot in,
            Domains domains,
            String own,
            double overProvisioning,
            Map<String, Double> clients,
            @Nullable ZoneShift byLoad) {
        List<Candidate> candidates = in.candidates();
        Set<String> zones = new TreeSet<>(clients.keySet());
        zones.add(own);
        // Members and not candidates: the clients of a zone whose endpoints are all out are still there.
        for (Node member : in.members()) {
            zones.addAll(domains.of(member.endpoint()));
        }
        zones.remove(Domains.UNKNOWN);
        Map<String, Double> capacity = capacity(candidates, domains, Candidate::weight);
        Map<String, Double> shares = shifted(byLoad, shares(capacity, own, overProvisioning, clients, zones), capacity);
        Map<String, Double> keyShares = shares;
        if (!alike(candidates)) {
            Map<String, Double> ofKeys = capacity(candidates, domains, Candidate::keyWeight);
            keyShares = shifted(byLoad, shares(ofKeys, own, overProvisioning, clients, zones), ofKeys);
        }
        return new ZoneShares(candidates, domains, own, shares, keyShares);
    }

    private static Map<String, Double> shifted(
            @Nullable ZoneShift byLoad, Map<String, Double> shares, Map<String, Double> capacity) {
        return byLoad == null ? shares : byLoad.applied(shares, capacity);
    }

    private static Map<String, Double> shares(
            Map<String, Double> capacity,
            String own,
            double overProvisioning,
            Map<String, Double> clients,
            Set<String> zones) {
        double allClients = 0;
        for (String zone : zones) {
            allClients += clients.getOrDefault(zone, 1.0);
        }
        double total = sum(capacity);
        double kept = Math.min(
                1, overProvisioning * of(capacity, own) / total / (clients.getOrDefault(own, 1.0) / allClients));
        Map<String, Double> surplus = new TreeMap<>();
        for (Map.Entry<String, Double> zone : capacity.entrySet()) {
            double itsClients =
                    zones.contains(zone.getKey()) ? clients.getOrDefault(zone.getKey(), 1.0) / allClients : 0;
            double left = zone.getValue() / total - itsClients;
            if (left > NOTHING && !zone.getKey().equals(own)) {
                surplus.put(zone.getKey(), left);
            }
        }
        if (surplus.isEmpty()) {
            surplus.putAll(capacity);
            surplus.remove(own);
        }
        double rest = sum(surplus);
        Map<String, Double> shares = new TreeMap<>();
        if (1 - kept < NOTHING || rest == 0) {
            return Map.of(own, 1.0);
        }
        if (kept > 0) {
            shares.put(own, kept);
        }
        for (Map.Entry<String, Double> zone : surplus.entrySet()) {
            shares.put(zone.getKey(), (1 - kept) * zone.getValue() / rest);
        }
        return shares;
    }

    private static Map<String, Double> capacity(
            List<Candidate> candidates, Domains domains, ToDoubleFunction<Candidate> weight) {
        Map<String, Double> capacity = new HashMap<>();
        for (Candidate candidate : candidates) {
            Endpoint endpoint = candidate.node().endpoint();
            List<String> served = domains.of(endpoint);
            for (String domain : served) {
                capacity.merge(domain, weight.applyAsDouble(candidate) / served.size(), Double::sum);
            }
        }
        return capacity;
    }

    private static double sum(Map<String, Double> values) {
        return values.values().stream().mapToDouble(Double::doubleValue).sum();
    }

    private static double of(Map<String, Double> values, String name) {
        return values.getOrDefault(name, 0.0);
    }

    /** The share of the traffic that stays. */
    double kept() {
        return of(shares, own);
    }

    /** How many candidates serve the own zone or node. */
    int nearby() {
        return nearby;
    }

    /** Where the rest goes, in words; empty if nothing leaves. */
    String spill() {
        StringBuilder text = new StringBuilder();
        shares.forEach((zone, share) -> {
            if (!zone.equals(own)) {
                text.append(text.isEmpty() ? ", spilling " : ", ")
                        .append(ZonePreference.percent(share))
                        .append(" to ")
                        .append(zone.equals(Domains.UNKNOWN) ? "endpoints without a zone" : zone);
            }
        });
        return text.toString();
    }

    /** Those that get something, calls or keys, with their new weights, of which {@code mixed} is made of what all had before. */
    List<Candidate> candidates(double mixed) {
        List<Candidate> near = new ArrayList<>(all.size());
        for (int i = 0; i < weights.length; i++) {
            Candidate before = all.get(i);
            double weight = (1 - mixed) * weights[i] + mixed * before.weight();
            double keyWeight = (1 - mixed) * keyWeights[i] + mixed * before.keyWeight();
            if (weight > 0 || keyWeight > 0) {
                double scale = (1 - mixed) * scales[i] + mixed * before.scale();
                near.add(new Candidate(
                        before.node(),
                        Math.max(weight, NOTHING * before.weight()),
                        Math.max(scale, NOTHING * before.scale()),
                        groups[i],
                        Math.max(keyWeight, NOTHING * before.keyWeight())));
            }
        }
        return near;
    }
}
