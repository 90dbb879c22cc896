package dev.zerohop.gateway;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Endpoint;
import dev.zerohop.okhttp.ZerohopOkHttp;
import java.io.IOException;
import java.net.ProtocolException;
import okhttp3.HttpUrl;
import okhttp3.Interceptor;
import okhttp3.Request;
import okhttp3.Response;

/**
 * Completes a request once its endpoint is known (sets Host and the path for a gateway, removes headers that OkHttp added), and rejects an answer whose head
 * is malformed.
 */
final class ToEndpoint implements Interceptor {
    private final GatewaySettings settings;

    /**
     * The request as received.
     *
     * @param unchanged its original path and query
     */
    record Inbound(HttpUrl unchanged, boolean hasUserAgent, boolean hasAcceptEncoding) {}

    ToEndpoint(GatewaySettings settings) {
        this.settings = settings;
    }

    @Override
    public Response intercept(Chain chain) throws IOException {
        Request request = chain.request();
        Inbound inbound = requireNonNull(request.tag(Inbound.class), "inbound");
        Endpoint endpoint = requireNonNull(ZerohopOkHttp.endpoint(chain.call()), "endpoint");
        Request.Builder out = request.newBuilder()
                .header("Host", endpoint.address())
                .header(ForwardingHeaders.FINAL_HOST, endpoint.address());
        if (WithoutGateways.isGateway(endpoint, settings.gateways())) {
            out.url(inbound.unchanged());
        }
        if (!inbound.hasUserAgent()) {
            out.removeHeader("User-Agent");
        }
        if (!inbound.hasAcceptEncoding()) {
            out.removeHeader("Accept-Encoding");
        }
        Response answer = chain.proceed(out.build());
        String fault = AnswerHead.fault(answer);
        if (fault != null) {
            // This closes the endpoint's connection too.
            throw new ProtocolException("the answer of " + endpoint.address() + " cannot be passed on: " + fault);
        }
        return answer;
    }
}
