-- Tells Pismo whose mailboxes have changed, so that it looks at once instead of waiting for IDLE.
-- For Dovecot 2.3.17 and later, whose push_notification_lua plugin runs this file. Fill in these two:

local address = "http://127.0.0.1:3000/hook"
local secret = "what PISMO_HOOK_SECRET says"

-- Whoever changes something waits until Pismo has answered, so one that is not there must not hold them up.
local pismo = dovecot.http.client {
  connect_timeout_msecs = 200,
  max_attempts = 1,
  max_connect_attempts = 1,
  max_idle_time_msecs = 1,
  request_absolute_timeout_msecs = 500,
}

function dovecot_lua_notify_begin_txn(user)
  return { user = user.username, changed = false }
end

local function note(transaction, _)
  transaction.changed = true
end

dovecot_lua_notify_event_flags_clear = note
dovecot_lua_notify_event_flags_set = note
dovecot_lua_notify_event_mailbox_create = note
dovecot_lua_notify_event_mailbox_delete = note
dovecot_lua_notify_event_mailbox_rename = note
dovecot_lua_notify_event_mailbox_subscribe = note
dovecot_lua_notify_event_mailbox_unsubscribe = note
dovecot_lua_notify_event_message_append = note
dovecot_lua_notify_event_message_expunge = note
dovecot_lua_notify_event_message_new = note

function dovecot_lua_notify_end_txn(transaction, success)
  if not (success and transaction.changed) then
    return
  end
  local request = pismo:request { url = address, method = "POST" }
  request:add_header("Authorization", "Bearer " .. secret)
  request:add_header("Content-Type", "text/plain; charset=utf-8")
  request:set_payload(transaction.user)
  local answer = request:submit()
  if answer:status() ~= 204 then
    dovecot.i_warning("Pismo does not take the hook: " .. answer:status() .. " " .. answer:reason())
  end
end
