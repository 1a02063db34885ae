package dev.imageferry.linode;

import javax.net.ServerSocketFactory;
import okhttp3.OkHttpClient;

/** The connection to the bucket. */
enum Line {
    CLEAR,
    TLS;

    ServerSocketFactory factory() {
        return this == TLS ? TestTls.SERVER.getServerSocketFactory() : ServerSocketFactory.getDefault();
    }

    String scheme() {
        return this == TLS ? "https" : "http";
    }

    /** A client that trusts the certificate of the tests. */
    OkHttpClient.Builder client() {
        OkHttpClient.Builder builder = new OkHttpClient.Builder();
        return this == TLS ? builder.sslSocketFactory(TestTls.CLIENT.getSocketFactory(), TestTls.TRUST) : builder;
    }
}
