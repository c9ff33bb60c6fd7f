--TEST--
phpinfo() shows the module
--FILE--
<?php
require __DIR__ . '/../helper.inc';

ob_start();
phpinfo(INFO_MODULES);
check('listed with its version', strpos(ob_get_clean(), phpversion('sitelock')) !== false);
?>
--EXPECT--
ok listed with its version
