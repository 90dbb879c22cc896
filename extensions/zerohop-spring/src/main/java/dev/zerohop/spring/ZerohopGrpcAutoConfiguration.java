package dev.zerohop.spring;

import dev.zerohop.Target;
import dev.zerohop.grpc.ZerohopGrpc;
import io.grpc.ManagedChannelBuilder;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.grpc.client.GrpcChannelBuilderCustomizer;
import org.springframework.grpc.client.VirtualTargets;

/** Channels of Spring gRPC whose target is {@code zerohop:///NAME}, or any other of zerohop's. */
@AutoConfiguration(
        after = ZerohopAutoConfiguration.class,
        // What is later customizes later.
        afterName = {
            "org.springframework.grpc.autoconfigure.client.GrpcClientAutoConfiguration",
            "org.springframework.boot.grpc.client.autoconfigure.GrpcClientAutoConfiguration"
        })
@ConditionalOnClass({ZerohopGrpc.class, GrpcChannelBuilderCustomizer.class})
class ZerohopGrpcAutoConfiguration {

    /**
     * Changes nothing for a channel with another target: it has arguments that its resolver does not ask for. For zerohop's it states the policy, since Spring gRPC up to 1.0 makes {@code round_robin} the default of every channel.
     */
    @Bean
    @ConditionalOnMissingBean(name = "zerohopChannelCustomizer")
    <T extends ManagedChannelBuilder<T>> GrpcChannelBuilderCustomizer<T> zerohopChannelCustomizer(
            ZerohopServices services, ObjectProvider<VirtualTargets> targets) {
        // Finds all resolvers of zerohop's and of the application, however many; by itself gRPC finds four of the
        // latter.
        ZerohopGrpc.register();
        return (name, builder) -> {
            builder.setNameResolverArg(ZerohopNameResolverProviders.SERVICES, services)
                    .setNameResolverArg(ZerohopGrpc.LISTENER_FACTORY, services.tracker())
                    .intercept(ZerohopGrpc.interceptor());
            VirtualTargets named = targets.getIfUnique(() -> target -> target);
            if (isOfZerohop(named.getTarget(name))) {
                builder.defaultLoadBalancingPolicy(ZerohopGrpc.POLICY);
            }
        };
    }

    private static boolean isOfZerohop(String target) {
        int colon = target.indexOf("://");
        String scheme = colon < 0 ? "" : target.substring(0, colon);
        return ZerohopNameResolverProviders.SCHEMES.contains(scheme)
                || (Target.schemes().contains(scheme) && !scheme.equals("static"));
    }
}
