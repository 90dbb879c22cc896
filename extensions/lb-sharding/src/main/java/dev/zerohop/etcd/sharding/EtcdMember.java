package dev.zerohop.etcd.sharding;

import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.election.Candidacy;

/**
 * How members of a service meet in etcd.
 *
 * @param leaseSeconds how long one that died counts as alive
 * @param candidate whether this one may lead
 */
record EtcdMember(ServiceKeys keys, long leaseSeconds, boolean candidate) {

    /** A member in the log. */
    String name(String id) {
        return id + " of " + keys.service();
    }

    Candidacy.Candidate candidate(String id) {
        return new Candidacy.Candidate(name(id), id, candidate ? keys.election() : null, keys.member(id), leaseSeconds);
    }
}
