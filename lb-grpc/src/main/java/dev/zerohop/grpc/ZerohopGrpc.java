package dev.zerohop.grpc;

import static java.util.Objects.requireNonNull;

import dev.zerohop.BalancerListener;
import dev.zerohop.BalancerRegistry;
import dev.zerohop.CallTracer;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.EndpointSet;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptor;
import io.grpc.Context;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancerRegistry;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.NameResolver;
import io.grpc.NameResolverRegistry;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** The options, arguments and interceptors of zerohop on gRPC. Channels need none of it: a target of zerohop is enough. */
public final class ZerohopGrpc {

    /** The name of the load-balancing policy in service configs. */
    public static final String POLICY = "zerohop";

    /** The key of a call: {@code stub.withOption(ZerohopGrpc.SELECTOR, EndpointSelector.of("customer-7"))}. */
    public static final CallOptions.Key<EndpointSelector> SELECTOR = CallOptions.Key.create("zerohop-selector");

    /**
     * The key of the calls made in a {@link Context}. Needs {@link #interceptor}, which copies it into the call's options: gRPC picks buffered
     * calls, and the first call of every channel is one, outside their caller's context.
     */
    public static final Context.Key<EndpointSelector> SELECTOR_IN_CONTEXT = Context.key("zerohop-selector");

    /**
     * Metadata of an attempt that went to another endpoint than the one that owns its key (owner-down policy SPILL); the value says why. A server that
     * keeps state per key refuses or forwards such a call.
     */
    public static final Metadata.Key<String> NOT_OWNER =
            Metadata.Key.of("zerohop-not-owner", Metadata.ASCII_STRING_MARSHALLER);

    /**
     * Metadata of an attempt whose key was routed by a shard map that has an epoch: that epoch, in decimal digits. A server whose map
     * gives the key to another one rejects the attempt ({@link ShardGuardInterceptor}) and names the epoch in force there in its trailers.
     */
    public static final Metadata.Key<String> SHARD_EPOCH =
            Metadata.Key.of("zerohop-shard-epoch", Metadata.ASCII_STRING_MARSHALLER);

    /**
     * Who learns what the balancer of a channel does, for metrics: {@code builder.setNameResolverArg(ZerohopGrpc.LISTENER, listener)}. For channels whose
     * target is one of zerohop's. A channel that idles and wakes gets a new balancer, which reports to the same listener.
     */
    public static final NameResolver.Args.Key<BalancerListener> LISTENER =
            NameResolver.Args.Key.create("dev.zerohop.grpc.LISTENER");

    /** Is asked for such a listener of each balancer of the channel, whenever one is made, beside {@link #LISTENER}. */
    public static final NameResolver.Args.Key<BalancerListener.Factory> LISTENER_FACTORY =
            NameResolver.Args.Key.create("dev.zerohop.grpc.LISTENER_FACTORY");

    /** What discovery says about an address group. A name resolver of your own may set it; without it the id is host:port and the weight 1. */
    @EquivalentAddressGroup.Attr
    public static final Attributes.Key<Endpoint> ENDPOINT = Attributes.Key.create("dev.zerohop.grpc.ENDPOINT");

    /** The set that a resolution result was made of, with its version, age, shard count and how its removals are to be taken. */
    public static final Attributes.Key<EndpointSet> ENDPOINT_SET =
            Attributes.Key.create("dev.zerohop.grpc.ENDPOINT_SET");

    /** What the source configures, a JSON text; see {@code docs/grpc.md} on which configuration wins. */
    public static final Attributes.Key<String> SOURCE_CONFIGURATION =
            Attributes.Key.create("dev.zerohop.grpc.SOURCE_CONFIGURATION");

    /** What kind of client the policy's balancers balance for. */
    static final String ADAPTER = "grpc";

    private static final AtomicBoolean REGISTERED = new AtomicBoolean();

    private ZerohopGrpc() {}

    /**
     * Carries {@link #SELECTOR_IN_CONTEXT} into the call's options, and remembers for each call which endpoints were tried, so that gRPC's retries and
     * hedges go elsewhere exactly and a retry over the budget ends with the status and trailers of the failure before it. Without it zerohop does the
     * same as well as it can be inferred from the channel's recent failures, and its listeners hear less of waits, hedges and repetitions. Install it once per channel: {@code builder.intercept(ZerohopGrpc.interceptor())}.
     *
     * <p>It asks about each call the tracers that {@link BalancerRegistry#trace} has when it is made.
     */
    public static ClientInterceptor interceptor() {
        return CallInterceptor.of(BalancerRegistry.tracer(List.of()));
    }

    /**
     * {@link #interceptor()} that asks this tracer about each call, beside those of {@link BalancerRegistry#trace}. It asks where the call passes it: a span that an interceptor of the channel has
     * made is current there if that was added later, and {@linkplain dev.zerohop.CallTrace#entered soon after} if it was added before.
     */
    public static ClientInterceptor interceptor(CallTracer tracer) {
        return CallInterceptor.of(BalancerRegistry.tracer(List.of(requireNonNull(tracer, "tracer"))));
    }

    /** {@link #explain(Channel, CallOptions)} for a call without options of its own. */
    public static String explain(Channel channel) {
        return explain(channel, CallOptions.DEFAULT);
    }

    /**
     * Says what the policy {@code zerohop} of this channel knows, for people: target and state; the settings in force, where they come from, and what was rejected; the
     * source, the age of its answer and its last error; each endpoint with weight, health, calls in flight, and its connection with the last failure; and where a call with
     * these options would go. The text is not for programs: it may change.
     *
     * <p>The channel may be wrapped in interceptors: they see a call of {@code zerohop.Channel/Explain} that ends with {@code CANCELLED}. No server sees it, and it is counted
     * nowhere. A {@link ManagedChannel} that is idle stays idle. Thread-safe. Returns at once in general, and after a second at the latest where the channel has no answer of
     * its name resolver yet. Not for the channel's own callbacks, which would wait for themselves.
     *
     * @param channel a channel whose policy is {@code zerohop}; for another one, and for one without an answer yet, the text says so
     * @param options those of the call, of which the key counts ({@link #SELECTOR})
     */
    public static String explain(Channel channel, CallOptions options) {
        return ExplainCall.explain(requireNonNull(channel, "channel"), requireNonNull(options, "options"));
    }

    /**
     * Registers the name resolvers and the policy with gRPC's default registries, for hosts whose class loaders hide them from {@code ServiceLoader}
     * (OSGi, application servers). Call it before the first channel is built. Idempotent, thread-safe.
     */
    public static void register() {
        if (!REGISTERED.compareAndSet(false, true)) {
            return;
        }
        LoadBalancerRegistry policies = LoadBalancerRegistry.getDefaultRegistry();
        policies.register(new ZerohopLoadBalancerProvider());
        DefaultPolicyProvider defaultPolicy = new DefaultPolicyProvider();
        if (defaultPolicy.isAvailable()) {
            policies.register(defaultPolicy);
        }
        for (SchemeProvider provider : ZerohopNameResolverProviders.all()) {
            NameResolverRegistry.getDefaultRegistry().register(provider);
        }
    }

    /**
     * Makes a target fit for gRPC, which reads targets as URIs and refuses the brackets of IPv6 literals (and spaces and other characters) in their path:
     * those are percent-encoded, everything else is left as it is. {@code ZerohopGrpc.target("static:///[::1]:8080")} gives
     * {@code static:///%5B::1%5D:8080}.
     *
     * @throws IllegalArgumentException if the target is not one of zerohop's or says something its scheme does not understand, with the position
     */
    public static String target(String text) {
        return GrpcTargets.encode(requireNonNull(text, "text"));
    }
}
