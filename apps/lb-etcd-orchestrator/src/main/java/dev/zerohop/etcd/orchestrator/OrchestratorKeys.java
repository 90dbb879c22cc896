package dev.zerohop.etcd.orchestrator;

import dev.zerohop.etcd.client.KeyRange;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.election.Candidacy;
import java.util.List;

/** The keys of the orchestrators of a service: {@code zerohop/v1/orchestrator/<service>/...}. */
record OrchestratorKeys(ServiceKeys service) {

    private static final String ROOT = "zerohop/v1/orchestrator/";

    private String root() {
        return ROOT + service.service();
    }

    /** The prefix of the candidates' keys; the candidate whose key was created first leads. */
    String election() {
        return root() + "/election/";
    }

    /** The candidate of one orchestrator. */
    Candidacy.Candidate candidate(OrchestratorSettings settings) {
        return new Candidacy.Candidate(
                "orchestrator " + settings.id() + " of " + service.service(),
                settings.id(),
                election(),
                worker(settings.id()),
                settings.leaseSeconds());
    }

    String workers() {
        return root() + "/workers/";
    }

    String worker(String id) {
        ServiceKeys.requireSegment("orchestrator id", id);
        return workers() + id;
    }

    String assignment() {
        return root() + "/assignment";
    }

    String observations() {
        return root() + "/observations/";
    }

    String observation(String id) {
        return observations() + id;
    }

    /** The ranges that every orchestrator watches. */
    List<KeyRange> followed() {
        return List.of(
                KeyRange.under(service.endpoints()),
                KeyRange.under(election()),
                KeyRange.under(workers()),
                KeyRange.key(assignment()),
                KeyRange.under(observations()),
                KeyRange.under(service.health()));
    }
}
