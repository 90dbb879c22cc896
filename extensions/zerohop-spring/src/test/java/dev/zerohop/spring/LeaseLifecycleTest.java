package dev.zerohop.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Outcome;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import org.junit.jupiter.api.Test;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.CompletionContext;
import org.springframework.cloud.client.loadbalancer.CompletionContext.Status;
import org.springframework.cloud.client.loadbalancer.DefaultRequest;
import org.springframework.cloud.client.loadbalancer.EmptyResponse;
import org.springframework.cloud.client.loadbalancer.ResponseData;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.util.LinkedMultiValueMap;
import org.springframework.web.servlet.function.ServerResponse;

/** What the end of a request of Spring Cloud says of the endpoint. */
class LeaseLifecycleTest {

    private static Outcome failed(Throwable thrown) {
        return LeaseLifecycle.outcome(new CompletionContext<Object, ServiceInstance, Object>(
                Status.FAILED, thrown, new DefaultRequest<>(), new EmptyResponse()));
    }

    private static Outcome answered(int status) {
        ResponseData data =
                new ResponseData(HttpStatusCode.valueOf(status), new HttpHeaders(), new LinkedMultiValueMap<>(), null);
        return outcome(data);
    }

    private static Outcome outcome(Object response) {
        return LeaseLifecycle.outcome(new CompletionContext<Object, ServiceInstance, Object>(
                Status.SUCCESS, new DefaultRequest<>(), new EmptyResponse(), response));
    }

    @Test
    void answersGoByTheirStatus() {
        assertThat(answered(200)).isEqualTo(Outcome.SUCCESS);
        assertThat(answered(404)).isEqualTo(Outcome.SUCCESS);
        assertThat(answered(429)).isEqualTo(Outcome.OVERLOADED);
        assertThat(answered(500)).isEqualTo(Outcome.ERROR_RESPONSE);
    }

    /** The gateway for servlets hands in what it is going to answer. */
    @Test
    void answersOfTheGatewayGoByTheirStatusToo() {
        assertThat(outcome(ServerResponse.ok().build())).isEqualTo(Outcome.SUCCESS);
        assertThat(outcome(ServerResponse.status(429).build())).isEqualTo(Outcome.OVERLOADED);
        assertThat(outcome(ServerResponse.status(503).build())).isEqualTo(Outcome.ERROR_RESPONSE);
        assertThat(outcome("anything")).isEqualTo(Outcome.SUCCESS);
    }

    @Test
    void failuresGoByTheirCause() {
        assertThat(failed(new RuntimeException(new ConnectException("refused"))))
                .isEqualTo(Outcome.CONNECT_FAILURE);
        assertThat(failed(new IOException(new SocketTimeoutException("slow")))).isEqualTo(Outcome.TIMEOUT);
        assertThat(failed(new IOException("reset"))).isEqualTo(Outcome.TRANSPORT_FAILURE);
    }

    @Test
    void aRequestThatWasNotMadeSaysNothing() {
        assertThat(LeaseLifecycle.outcome(
                        new CompletionContext<Object, ServiceInstance, Object>(Status.DISCARD, new DefaultRequest<>())))
                .isEqualTo(Outcome.CANCELLED);
    }
}
