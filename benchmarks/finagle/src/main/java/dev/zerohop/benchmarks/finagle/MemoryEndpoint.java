package dev.zerohop.benchmarks.finagle;

import com.twitter.finagle.Address;
import com.twitter.finagle.ClientConnection;
import com.twitter.finagle.Service;
import com.twitter.finagle.ServiceFactory;
import com.twitter.finagle.Status;
import com.twitter.finagle.Status.Open$;
import com.twitter.finagle.loadbalancer.EndpointFactory;
import com.twitter.util.Future;
import com.twitter.util.Time;
import scala.runtime.BoxedUnit;

/** An endpoint whose one service is always there: what is left is the balancer. */
final class MemoryEndpoint extends ServiceFactory<Object, Object> implements EndpointFactory<Object, Object> {
    private final Address address;
    private final Future<Service<Object, Object>> service = Future.value(new Idle());

    MemoryEndpoint(Address address) {
        this.address = address;
    }

    @Override
    public Address address() {
        return address;
    }

    @Override
    public void remake() {}

    @Override
    public Future<Service<Object, Object>> apply(ClientConnection connection) {
        return service;
    }

    @Override
    public Future<BoxedUnit> close(Time deadline) {
        return Future.Done();
    }

    @Override
    public Status status() {
        return Open$.MODULE$;
    }

    private static final class Idle extends Service<Object, Object> {
        @Override
        public Future<Object> apply(Object request) {
            return Future.value(request);
        }
    }
}
