package dev.zerohop.etcd.orchestrator;

import dev.zerohop.Endpoint;
import dev.zerohop.etcd.client.KeyStore;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.etcd.client.LastGood;
import dev.zerohop.etcd.client.RejectedValue;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.election.ElectionState;
import dev.zerohop.etcd.service.HealthVerdict;
import dev.zerohop.resolver.EndpointJson;
import dev.zerohop.watch.Reflector;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads the shared keys of the orchestrators of a service. A rejected value leaves the last good one in force. Used by one thread at a time. */
final class OrchestratorView {
    private final OrchestratorKeys keys;
    private final LastGood<Assignment> assignment = new LastGood<>(Assignment::parse);
    private Map<String, LastGood<?>> kept = new HashMap<>();

    /**
     * The content of the keys.
     *
     * @param members the endpoints that are ready
     * @param workers the orchestrators that are alive, with their registrations
     * @param assignmentRevision when the assignment was written; 0 if there is none
     */
    record Content(
            long revision,
            SortedMap<String, Endpoint> members,
            SortedMap<String, KeyStore.Entry> workers,
            ElectionState election,
            Assignment assignment,
            long assignmentRevision,
            Map<String, Observation> observations,
            Map<String, HealthVerdict> verdicts) {}

    OrchestratorView(OrchestratorKeys keys) {
        this.keys = keys;
    }

    Content read(Reflector.State<Entry, Version> state, List<RejectedValue> rejections) {
        Map<String, KeyStore.Entry> entries = state.values();
        SortedMap<String, Endpoint> members = new TreeMap<>();
        SortedMap<String, KeyStore.Entry> workers = new TreeMap<>();
        List<KeyStore.Entry> candidates = new ArrayList<>();
        Map<String, Observation> observations = new HashMap<>();
        Map<String, HealthVerdict> verdicts = new HashMap<>();
        Map<String, LastGood<?>> now = new HashMap<>();
        String endpoints = keys.service().endpoints();
        for (KeyStore.Entry entry : entries.values()) {
            String key = entry.key();
            if (isMisnamed(entry, rejections)) {
                continue;
            }
            if (key.startsWith(endpoints)) {
                String id = key.substring(endpoints.length());
                Endpoint endpoint = value(entry, utf8 -> EndpointJson.parse(id, utf8), now, rejections);
                // A draining endpoint may stop answering, so it is not probed.
                if (endpoint != null && endpoint.readiness() == Endpoint.Readiness.READY) {
                    members.put(id, endpoint);
                }
            } else if (key.startsWith(keys.election())) {
                candidates.add(entry);
            } else if (key.startsWith(keys.workers())) {
                workers.put(key.substring(keys.workers().length()), entry);
            } else if (key.startsWith(keys.observations())) {
                Observation observation = value(entry, Observation::parse, now, rejections);
                if (observation != null) {
                    observations.put(key.substring(keys.observations().length()), observation);
                }
            } else if (key.startsWith(keys.service().health())) {
                HealthVerdict verdict = value(entry, HealthVerdict::parse, now, rejections);
                if (verdict != null) {
                    verdicts.put(key.substring(keys.service().health().length()), verdict);
                }
            }
        }
        kept = now;
        KeyStore.Entry assigned = entries.get(keys.assignment());
        Assignment good = assignment.read(assigned, rejections);
        return new Content(
                state.version().revision(),
                members,
                workers,
                ElectionState.of(candidates),
                good == null ? Assignment.NONE : good,
                good == null || assigned == null ? 0 : assigned.modRevision(),
                observations,
                verdicts);
    }

    /** A key whose last segment is not a valid name is reported and ignored. */
    private boolean isMisnamed(KeyStore.Entry entry, List<RejectedValue> rejections) {
        for (String directory : List.of(
                keys.service().endpoints(),
                keys.workers(),
                keys.observations(),
                keys.service().health())) {
            if (entry.key().startsWith(directory)) {
                String problem = ServiceKeys.problem(entry.key().substring(directory.length()));
                if (problem != null) {
                    rejections.add(
                            new RejectedValue(entry.key(), entry.modRevision(), "its last segment " + problem, false));
                }
                return problem != null;
            }
        }
        return false;
    }

    /** The last good value of a key, whose parser is always the same. */
    @SuppressWarnings("unchecked")
    private <T> @Nullable T value(
            KeyStore.Entry entry,
            LastGood.Parser<T> parser,
            Map<String, LastGood<?>> now,
            List<RejectedValue> rejections) {
        LastGood<T> value = (LastGood<T>) kept.get(entry.key());
        if (value == null) {
            value = new LastGood<>(parser);
        }
        now.put(entry.key(), value);
        return value.read(entry, rejections);
    }
}
