package dev.imageferry.linode;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import okhttp3.Headers;

/**
 * An answer to a call to the API. A refusal is the API's word only in the API's own form, {@code {"errors":[{"reason":…}]}}:
 * proxies, firewalls and gateways answer with the same statuses and mean something else.
 *
 * @param json the body; a missing node when it is empty or no JSON
 * @param errors empty unless the body has the API's form
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

    /** Whether this is a refusal that the API itself wrote. */
    boolean isRefusalOfTheApi() {
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
