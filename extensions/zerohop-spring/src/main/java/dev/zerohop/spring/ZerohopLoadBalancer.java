package dev.zerohop.spring;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerView;
import dev.zerohop.EndpointSelector;
import dev.zerohop.KeySource;
import dev.zerohop.NoEndpointException;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.Refusal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.DefaultResponse;
import org.springframework.cloud.client.loadbalancer.EmptyResponse;
import org.springframework.cloud.client.loadbalancer.Request;
import org.springframework.cloud.client.loadbalancer.RequestDataContext;
import org.springframework.cloud.client.loadbalancer.Response;
import org.springframework.cloud.loadbalancer.core.ReactorServiceInstanceLoadBalancer;
import reactor.core.publisher.Mono;

/**
 * Chooses for clients that are {@code @LoadBalanced} by Spring Cloud. It sees requests and answers, and no connections: what it knows of health is what its own calls meet and what the source and active checks say.
 */
final class ZerohopLoadBalancer implements ReactorServiceInstanceLoadBalancer {
    /** How long a request waits for the source's first answer. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Balancer balancer;

    ZerohopLoadBalancer(Balancer balancer) {
        this.balancer = balancer;
    }

    @Override
    @SuppressWarnings("rawtypes") // As Spring Cloud declares it.
    public Mono<Response<ServiceInstance>> choose(Request request) {
        PickContext context;
        try {
            context = PickContext.of(key(request));
        } catch (NoEndpointException unusable) {
            return Mono.just(refused(unusable.refusal()));
        }
        return Mono.defer(() -> choose(context))
                .timeout(
                        PATIENCE,
                        Mono.fromSupplier(() -> refused(balancer.current().refusal(context))));
    }

    private Mono<Response<ServiceInstance>> choose(PickContext context) {
        CompletionStage<Void> change = balancer.nextChange();
        BalancerView view = balancer.current();
        Node node = view.pick(context);
        if (node != null) {
            return Mono.just(new DefaultResponse(new PickedInstance(balancer, node)));
        }
        Refusal refusal = view.refusal(context);
        return refusal.waits() || refusal.kind() == Refusal.Kind.NONE_KNOWN
                ? Mono.fromCompletionStage(change).then(Mono.defer(() -> choose(context)))
                : Mono.just(refused(refusal));
    }

    private Response<ServiceInstance> refused(Refusal refusal) {
        balancer.refused(refusal);
        return new EmptyResponse();
    }

    /** The key that the configuration finds in a header. */
    private @Nullable EndpointSelector key(Request<?> request) {
        KeySource source = balancer.current().settings().key();
        if (source == null
                || source.place() != KeySource.Place.HEADER
                || !(request.getContext() instanceof RequestDataContext data)
                || data.getClientRequest() == null) {
            return null;
        }
        // By forEach, which is the same method in Spring 6 and 7; get is not.
        List<String> values = new ArrayList<>();
        data.getClientRequest().getHeaders().forEach((name, some) -> {
            if (name.equalsIgnoreCase(source.name())) {
                values.addAll(some);
            }
        });
        return values.isEmpty() ? null : source.selector(balancer.name(), values);
    }
}
