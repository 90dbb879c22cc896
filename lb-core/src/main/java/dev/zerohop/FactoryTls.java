package dev.zerohop;

import java.io.IOException;
import java.net.Socket;
import java.util.function.Supplier;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/** TLS with what a factory trusts, and the name checked as HTTPS does. */
record FactoryTls(Supplier<SSLSocketFactory> factory) implements ProbeTransport.Tls {
    @Override
    public Socket secure(Socket connection, String name, int port) throws IOException {
        SSLSocket secured = (SSLSocket) factory.get().createSocket(connection, name, port, true);
        SSLParameters parameters = secured.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        secured.setSSLParameters(parameters);
        secured.startHandshake();
        return secured;
    }
}
