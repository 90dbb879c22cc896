package dev.zerohop.spring;

import java.io.InputStream;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.client.ClientHttpResponse;

/** An answer of OkHttp as Spring wants it. */
final class OkHttpResponse implements ClientHttpResponse {
    private final Response response;
    private @Nullable HttpHeaders headers;

    OkHttpResponse(Response response) {
        this.response = response;
    }

    @Override
    public HttpStatusCode getStatusCode() {
        return HttpStatusCode.valueOf(response.code());
    }

    @Override
    public String getStatusText() {
        return response.message();
    }

    @Override
    public InputStream getBody() {
        return response.body().byteStream();
    }

    @Override
    public HttpHeaders getHeaders() {
        HttpHeaders known = headers;
        if (known == null) {
            HttpHeaders made = new HttpHeaders();
            response.headers().forEach(header -> made.add(header.getFirst(), header.getSecond()));
            headers = made;
            known = made;
        }
        return known;
    }

    @Override
    public void close() {
        response.close();
    }
}
