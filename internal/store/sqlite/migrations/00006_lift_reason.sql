-- +goose Up
-- Why a hold was lifted: for the operators, like why it was placed.
ALTER TABLE log_holds ADD COLUMN lift_reason TEXT;
