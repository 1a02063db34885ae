package dev.imageferry.linode;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import okhttp3.Headers;

/**
 * An HTTP answer to a call to the API. It is an error of the API only in the form {@code {"errors":[{"reason":…}]}}, because
 * proxies, firewalls and gateways use the same statuses for other purposes.
 *
 * @param json the body; a missing node if it is empty or not JSON
 * @param errors empty unless the body has this form
 */
record ApiAnswer(HttpAnswer http, JsonNode json, ApiErrors errors) {
    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    static ApiAnswer of(HttpAnswer http) {
        JsonNode json = parse(http.body());
        return new ApiAnswer(http, json, ApiErrors.of(json));
    }

    boolean isSuccess() {
        return http.isSuccess();
    }

    /** Whether this is an error in the API's own form. */
    boolean isApiError() {
        return !isSuccess() && errors.isPresent();
    }

    int status() {
        return http.status();
    }

    Headers headers() {
        return http.headers();
    }

    private static JsonNode parse(String body) {
        try {
            return JSON.readTree(body);
        } catch (JsonProcessingException e) {
            return MissingNode.getInstance();
        }
    }
}
