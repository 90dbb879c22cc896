package dev.zerohop.dns;

import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Resolver;
import dev.zerohop.ResolverProvider;
import dev.zerohop.Target;
import dev.zerohop.resolver.PollingResolver;
import java.net.InetAddress;
import java.time.Duration;

/** The providers of this module, for {@link java.util.ServiceLoader}; programs use {@link Target#newResolver}. */
public final class DnsResolverProviders {

    /** The timeout of the first attempt; the second has twice as much. A dead server is thus reported within one refresh interval. Chosen, not measured. */
    private static final Duration QUERY_TIMEOUT = Duration.ofSeconds(1);

    private static final int QUERY_ATTEMPTS = 2;

    private DnsResolverProviders() {}

    /**
     * {@code refreshing-dns:///name:port}: all A and AAAA records of a name, queried again when their time to live has passed. Parameters:
     * {@code server=host:port} (default: the system's hosts file, servers and search list), {@code minTtl=5s} and {@code maxTtl=30s} (the time to live is
     * limited to this range), {@code family=ipv4|ipv6}, {@code leaveAfter=n} (after how many answers without it an address is removed; default: 3, or 15
     * while answers contain only a part of the records). Its TLS name is the name.
     */
    public static final class DnsTargets implements ResolverProvider {
        /** For the service loader. */
        public DnsTargets() {}

        @Override
        public String scheme() {
            return "refreshing-dns";
        }

        @Override
        public Resolver newResolver(Target target, Env env) {
            DnsTarget dns = DnsTarget.addresses(target);
            return addresses(target, dns, names(dns), env);
        }

        @Override
        public String tlsName(Target target) {
            return DnsTarget.addresses(target).tlsName();
        }
    }

    /**
     * {@code refreshing-dns+srv:///_grpc._tcp.name}: the SRV records of a name, of the lowest priority number with usable targets. Parameters as for
     * {@code refreshing-dns}. Its TLS name is the name without the labels that begin with an underscore.
     */
    public static final class SrvTargets implements ResolverProvider {
        /** For the service loader. */
        public SrvTargets() {}

        @Override
        public String scheme() {
            return "refreshing-dns+srv";
        }

        @Override
        public Resolver newResolver(Target target, Env env) {
            DnsTarget dns = DnsTarget.srv(target);
            return srv(target, dns, names(dns), env);
        }

        @Override
        public String tlsName(Target target) {
            return DnsTarget.srv(target).tlsName();
        }
    }

    static Resolver addresses(Target target, DnsTarget dns, DnsNames names, Env env) {
        return polling(target, dns, new AddressSource(dns, names, env.time()), env);
    }

    static Resolver srv(Target target, DnsTarget dns, DnsNames names, Env env) {
        return polling(target, dns, new SrvSource(dns, names, env.time()), env);
    }

    private static Resolver polling(Target target, DnsTarget dns, PollingResolver.Source source, Env env) {
        return new PollingResolver(target.text(), env, dns.minTtl(), EndpointSet.Removals.GUARDED, source);
    }

    private static DnsNames names(DnsTarget dns) {
        return new DnsNames(
                dns.server(),
                SystemDns.ofThisMachine(),
                InetAddress::getAllByName,
                dns.family(),
                QUERY_TIMEOUT,
                QUERY_ATTEMPTS);
    }
}
