package dev.imageferry.upload;

import dev.imageferry.drop.DropSettings;
import jakarta.inject.Singleton;

/** All settings of a ferry, as they were at the start. */
@Singleton
record Settings(
        DropSettings drop,
        ImageSettings image,
        LimitSettings limits,
        CheckSettings check,
        UploadSettings upload,
        RetrySettings retry,
        PollSettings poll,
        ShutdownSettings shutdown) {}
