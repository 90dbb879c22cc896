package dev.zerohop.resolver;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Resolver;
import dev.zerohop.ResolverProvider;
import dev.zerohop.Target;
import java.net.InetAddress;
import java.time.Duration;

/** The providers of this package, for {@link java.util.ServiceLoader}; a program reaches them through {@link Target#newResolver}. */
public final class ResolverProviders {

    /** Of the first attempt, and twice that of the second: a dead server is told within one refresh interval. Chosen, not measured. */
    private static final Duration QUERY_TIMEOUT = Duration.ofSeconds(1);

    private static final int QUERY_ATTEMPTS = 2;

    private ResolverProviders() {}

    /**
     * {@code static:///10.0.0.1:8080;weight=3;zone=a;ordinal=0,[::1]:8080}: fixed endpoints. Parameters: id, weight, zone, node, ordinal,
     * {@code attr.NAME}. Its TLS name must be stated.
     */
    public static final class StaticTargets implements ResolverProvider {
        /** For the service loader. */
        public StaticTargets() {}

        @Override
        public String scheme() {
            return "static";
        }

        @Override
        public Resolver newResolver(Target target, Env env) {
            ManualResolver resolver = new ManualResolver(target.text(), env);
            resolver.set(StaticTarget.endpoints(target));
            return resolver;
        }
    }

    /** {@code file:///path/endpoints.json}: a JSON file, read every 500 ms; see {@link Resolvers#file}. Its TLS name must be stated. */
    public static final class FileTargets implements ResolverProvider {
        /** For the service loader. */
        public FileTargets() {}

        @Override
        public String scheme() {
            return "file";
        }

        @Override
        public Resolver newResolver(Target target, Env env) {
            FileSource source = new FileSource(FileSource.path(target));
            return new PollingResolver(target.text(), env, FileSource.INTERVAL, EndpointSet.Removals.MEANT, source);
        }
    }

    /**
     * {@code refreshing-dns:///name:port}: all A and AAAA records of a name, asked again every 5 s. Parameters: {@code server=host:port} (default:
     * the system's hosts file, servers and search list), {@code refresh=5s}, {@code family=ipv4|ipv6}. Its TLS name is the name.
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
     * {@code refreshing-dns+srv:///_grpc._tcp.name}: the SRV records of a name, of the lowest priority that can be used. Parameters as for
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
        PollingResolver.Source source = () -> new PollingResolver.Answer(names.addresses(dns.name()).stream()
                .map(address -> Endpoint.of(address, dns.port()))
                .toList());
        return new PollingResolver(target.text(), env, dns.refresh(), EndpointSet.Removals.GUARDED, source);
    }

    static Resolver srv(Target target, DnsTarget dns, DnsNames names, Env env) {
        return new PollingResolver(
                target.text(), env, dns.refresh(), EndpointSet.Removals.GUARDED, new SrvSource(dns.name(), names));
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
