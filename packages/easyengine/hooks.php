<?php

declare(strict_types=1);

// Composer loads this for everybody who has the package; only EasyEngine has hooks.
if (class_exists('EE', false)) {
    Sitelock\EasyEngine\Package::register();
}
