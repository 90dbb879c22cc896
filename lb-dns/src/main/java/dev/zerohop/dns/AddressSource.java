package dev.zerohop.dns;

import dev.zerohop.Endpoint;
import dev.zerohop.Time;
import dev.zerohop.resolver.PollingResolver;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The A and AAAA records of one name; each is an endpoint. */
final class AddressSource implements PollingResolver.Source {
    private final DnsTarget target;
    private final DnsNames names;
    private final Time time;
    private final LeaveRule rule;

    AddressSource(DnsTarget target, DnsNames names, Time time) {
        this.target = target;
        this.names = names;
        this.time = time;
        this.rule = new LeaveRule(target.leaveAfter());
    }

    @Override
    public PollingResolver.Answer ask() throws IOException {
        DnsNames.Found found = names.addresses(target.name());
        List<Endpoint> endpoints = new ArrayList<>();
        for (String address : found.whole()
                ? rule.exactly(found.addresses())
                : rule.answered(found.addresses(), found.ttlSeconds(), time.nanoTime())) {
            endpoints.add(Endpoint.of(address, target.port()));
        }
        return new PollingResolver.Answer(
                endpoints,
                null,
                null,
                target.goodFor(found.ttlSeconds()),
                List.of(),
                found.whole() ? "" : rule.inWords("an address"));
    }
}
